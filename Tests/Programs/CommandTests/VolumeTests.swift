import Testing

/// Volumes from the command line, with real containers.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct VolumeTests {
    private func lines(_ result: IsolabProgram.Result) -> [String] {
        result.output.split(separator: "\n").map(String.init)
    }

    private func shell(_ script: String) throws -> IsolabProgram.Result {
        try EnginePlace.shell(
            "v=v$$; c=c$$; volume() { \"$isolab\" volume \"$@\"; }; run() { \"$isolab\" run \"$@\"; }\n\(script)")
    }

    /// What one container writes another reads, whatever the volume is called by then; while one has it, it stays.
    @Test func life() throws {
        let result = try shell(
            """
            volume create --label a=1 $v | sed s/$v/made/
            run --name $c -v $v:/data busybox sh -c 'echo kept > /data/file'
            volume ls -f name=$v | tail -1 | tr -s ' ' | sed "s/$v/NAME/; s/$c/CONTAINER/"
            volume rm $v 2>&1 | sed "s/$v/NAME/; s/$c/CONTAINER/g"
            volume rename $v $v-new; run --rm --mount type=volume,src=$v-new,dst=/d,readonly busybox sh -c 'cat /d/file; touch /d/x 2>&1 | grep -c Read-only'
            "$isolab" inspect -f '{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}}{{end}}' $c | sed s/$v/NAME/
            "$isolab" ps -a -f volume=$v-new --format '{{.Names}} {{.Mounts}}' | sed "s/$v/NAME/; s/$c/CONTAINER/"
            volume ls -q -f label=a=1 -f dangling=false -f name=$v | sed s/$v/NAME/
            "$isolab" rm $c > /dev/null; volume rm $v-new | sed s/$v/NAME/; volume inspect $v-new 2>&1 | grep -c 'there is no volume'
            volume rm $v-new 2> /dev/null || echo "status $?"; volume rm -f $v-new && echo "status $?"
            """)
        #expect(
            lines(result) == [
                "made", "local NAME CONTAINER",
                "isolab: volume 'NAME' is in use by container CONTAINER; remove it first with `isolab rm CONTAINER`",
                "kept", "1",
                "volume NAME-new /data", "CONTAINER NAME-new", "NAME-new", "NAME-new", "1", "status 1", "status 0",
            ], "\(result.output)\(result.complaints)")
    }

    /// A volume is renamed under a container that runs, which goes on writing to it.
    @Test func renamedInUse() throws {
        let result = try shell(
            """
            run --rm --name $c -v $v:/data busybox sh -c 'while [ ! -e /data/stop ]; do usleep 10000; done; echo seen > /data/answer' &
            while ! "$isolab" ps -q -f name=$c | grep -q .; do sleep 0.05; done
            volume rename $v $v-new; volume ls -f name=$v-new --format '{{.Containers}}' | sed s/$c/C/
            run --rm -v $v-new:/d busybox touch /d/stop; wait; run --rm -v $v-new:/d busybox cat /d/answer; volume rm $v-new > /dev/null
            """)
        #expect(lines(result) == ["C", "seen"], "\(result.output)\(result.complaints)")
    }

    /// What the image has there comes into a new volume, with its owners, once; not with `nocopy`, and not into one with files.
    @Test func imageContent() throws {
        let result = try shell(
            """
            mkdir c; printf 'FROM busybox\\nRUN mkdir -p /full/deep && echo first > /full/f && chmod 1777 /full && chown 5:6 /full/f && ln -s f /full/l\\n' > c/Containerfile
            printf 'RUN ln -s /full /away && echo second > /full/s && rm -r /full/deep\\n' >> c/Containerfile
            "$isolab" build -q -t full-$$ c > /dev/null || exit 9
            try='ls /v; stat -c "%a %u" /v /v/f'
            run --rm -v $v:/full full-$$ sh -c 'ls /full; stat -c "%a %u" /full /full/f; rm /full/s'
            run --rm -v $v:/full full-$$ ls /full
            run --rm -v $v-no:/full:nocopy full-$$ ls -A /full; run --rm -v $v-no:/full full-$$ ls /full
            run --rm -v $v-own:/x busybox touch /x/own; run --rm -v $v-own:/full full-$$ ls /full
            run --rm -v $v-away:/away full-$$ ls /away/
            volume rm $v $v-no $v-own $v-away > /dev/null
            """)
        #expect(
            lines(result) == [
                "f", "l", "s", "1777 0", "644 5", "f", "l", "f", "l", "s", "own", "f", "l", "s",
            ], "\(result.output)\(result.complaints)")
    }

    /// A nameless volume goes with `--rm` and `rm -v`, and stays else; prune removes it, and a named one only with `--all`.
    @Test func anonymous() throws {
        let result = try shell(
            """
            export ISOLAB_DATA="$place/own"; "$isolab" image bootstrap busybox > /dev/null
            run --rm -v /data busybox touch /data/x; volume ls -q | wc -l
            run --name one -v /data busybox touch /data/x; run --name two -v /data busybox true; volume ls -q | wc -l
            run --rm --volumes-from one:ro busybox sh -c 'ls /data; touch /data/y 2>&1 | grep -c Read-only'
            "$isolab" rm -v one > /dev/null; volume ls -q | wc -l
            "$isolab" rm two > /dev/null; volume ls -q | wc -l; volume create named > /dev/null
            volume prune | grep -c Deleted; volume ls -q; volume prune -a --filter label=x | grep -c Deleted; volume prune -a | head -1
            printf 'FROM busybox\\nVOLUME /kept\\n' > Containerfile; "$isolab" build -q -t kept . > /dev/null
            run --name three kept touch /kept/file; volume ls -q | wc -l; run --rm --volumes-from three busybox ls /kept
            "$isolab" system df --format '{{.Type}} {{.TotalCount}} {{.Active}}' | grep Volumes
            """)
        #expect(
            lines(result) == [
                "0", "2", "x", "1", "1", "1", "1", "named", "0", "Deleted: named", "1", "file", "Local Volumes 1 1",
            ], "\(result.output)\(result.complaints)")
    }

    /// `system prune` removes what nothing uses, of every kind; volumes only where it is asked to, and what runs stays. On a terminal it
    /// asks first and says what goes.
    @Test func systemPrune() throws {
        let result = try shell(
            """
            export ISOLAB_DATA="$place/own"; "$isolab" image bootstrap busybox > /dev/null
            printf 'FROM busybox\nRUN echo x > /x\n' > Containerfile; "$isolab" build -q -t named . > /dev/null
            printf 'FROM busybox\nRUN echo y > /y\n' > Containerfile; "$isolab" build -q . > /dev/null
            run --name ended -v /data busybox touch /data/x; "$isolab" run -d --name alive busybox sleep 1000 > /dev/null
            volume create named > /dev/null
            printf 'n\n' | timeout 60 "$terminal" '"$isolab" system prune -a --volumes' > said
            grep -c -e '- all anonymous volumes' -e '- all images that no container uses' said; grep -c 'Nothing was removed' said
            "$isolab" system prune -f > said; grep -c 'Deleted: ended' said; grep -c 'Total reclaimed space' said
            "$isolab" ps -a --format '{{.Names}}'; "$isolab" images --format '{{.Repository}}' | sort; volume ls -q | wc -l
            "$isolab" system prune -af --volumes > said; grep -c 'Total reclaimed space: [1-9]' said
            "$isolab" images --format '{{.Repository}}'; volume ls -q; "$isolab" rm -f alive > /dev/null
            """)
        #expect(
            lines(result) == [
                "2", "1", "1", "1", "alive", "busybox", "named", "2", "1", "busybox", "named",
            ], "\(result.output)\(result.complaints)")
    }

    /// `volume create` without a name makes one that `prune` removes, and no `--rm` of a container that was given it by its identifier;
    /// on a terminal `prune` asks first, unless `--force` is given.
    @Test func createdWithoutName() throws {
        let result = try shell(
            """
            export ISOLAB_DATA="$place/own"; "$isolab" image bootstrap busybox > /dev/null
            v=$(volume create); volume create named > /dev/null; volume inspect -f '{{.Anonymous}}' $v named
            run --rm -v $v:/data busybox touch /data/x; run --rm -v $v:/data busybox ls /data
            cat > ask <<'END'
            "$isolab" volume prune; echo "status $?"; "$isolab" container prune; "$isolab" image prune; "$isolab" network prune
            END
            printf 'n\n\nno\nN\n' | timeout 60 "$terminal" 'sh ask' > said
            grep -c 'Are you sure' said; grep -c 'This will remove all anonymous volumes' said; grep -c 'Nothing was removed' said
            grep -o 'status 1' said; volume ls -q | wc -l
            printf 'y\n' | timeout 60 "$terminal" '"$isolab" volume prune' | grep -c Deleted; volume ls -q
            volume create > /dev/null; timeout 60 "$terminal" '"$isolab" volume prune -f' < /dev/null | grep -c 'Are you sure'
            volume create > /dev/null; volume prune | grep -c Deleted
            """)
        #expect(
            lines(result) == [
                "true", "false", "x", "4", "1", "4", "status 1", "2", "1", "named", "0", "1",
            ], "\(result.output)\(result.complaints)")
    }

    /// `inspect` finds a volume by its name alone, as docker's does, where no container and no image has it; `--type` chooses.
    @Test func inspected() throws {
        let result = try shell(
            """
            v=V$v; volume create $v > /dev/null; volume create $c > /dev/null; "$isolab" create --name $c -v $v:/data busybox true > /dev/null
            "$isolab" inspect -f '{{.Driver}} {{.Containers}}' $v | sed "s/$c/CONTAINER/"; "$isolab" inspect --type volume -f '{{.Driver}}' $c
            "$isolab" inspect -f '{{.Config.Cmd}}' $c; "$isolab" inspect --type network $v 2>&1 | grep -c 'there is no network'
            "$isolab" inspect --type swarm $v 2>&1 | grep -c 'container, image, network, volume'; echo "status $?"
            "$isolab" inspect $v nosuch-$$ | grep -c Mountpoint; "$isolab" rm $c > /dev/null; volume rm $v $c > /dev/null
            """)
        #expect(
            lines(result) == ["local [CONTAINER]", "local", "[true]", "1", "1", "status 0", "1"],
            "\(result.output)\(result.complaints)")
    }

    /// Volumes as archives, of others, too; what leads outside is refused and leaves nothing.
    @Test func archives() throws {
        let result = try shell(
            """
            run --rm -v $v:/d busybox sh -c 'echo one > /d/1; mkdir /d/sub; ln -s ../1 /d/sub/l; chown 7:8 /d/1'
            volume export $v > all.tar; tar -tf all.tar | sort; volume export -o too.tar $v; cmp all.tar too.tar && echo same
            volume import $v-2 < all.tar; run --rm -v $v-2:/d busybox sh -c 'cat /d/sub/l; stat -c %u:%g /d/1'
            volume import $v-2 all.tar 2>&1 | grep -c 'not empty'
            gzip -c all.tar | volume import $v-3 -; run --rm -v $v-3:/d busybox ls /d
            echo bad > outside; tar -cPf bad.tar ../"$(basename "$place")"/outside; volume import $v-4 bad.tar 2>&1 | grep -c 'isolab:'; volume export $v-4 | tar -t
            volume rm $v $v-2 $v-3 $v-4 | wc -l
            """)
        #expect(
            lines(result) == [
                "./", "1", "sub/", "sub/l", "same", "one", "7:8", "1", "1", "sub", "1", "./", "4",
            ], "\(result.output)\(result.complaints)")
    }

    /// A part of a volume, however links in it lead: what runs beside it cannot have the host's files mounted.
    @Test func parts() throws {
        let result = try shell(
            """
            run --rm -v $v:/d busybox sh -c 'mkdir -p /d/a/b; echo part > /d/a/b/f; ln -s /etc /d/away; ln -s ../../../../../../etc /d/up; ln -s a/b /d/in'
            part() { run --rm --mount type=volume,src=$v,dst=/p,volume-subpath=$1 busybox sh -c "$2"; }
            part a/b 'cat /p/f'; part a/b/f 'cat /p'; part in 'ls /p'
            for where in away up none; do part $where true 2>&1 | grep -c 'no such file'; done
            part ../x true 2>&1 | grep -c 'volume-subpath takes'; part a/b 'touch /p/new'
            run -d --name $c --mount type=volume,src=$v,dst=/p,volume-subpath=a/b busybox sleep 9 > /dev/null; "$isolab" exec $c ls /p
            "$isolab" rm -f $c > /dev/null; volume rm $v > /dev/null
            """)
        #expect(
            lines(result) == ["part", "part", "f", "1", "1", "1", "1", "f", "new"],
            "\(result.output)\(result.complaints)")
    }

    /// The same files in a guest.
    @Test(.enabled(if: GuestLuckTests.hasGuests, "guests need isolab-vm and QEMU"))
    func guests() throws {
        let result = try shell(
            """
            run --rm -v $v:/d busybox sh -c 'echo container > /d/from'
            run --rm --vm -v $v:/d busybox sh -c 'cat /d/from; echo guest > /d/back'
            run --rm -v $v:/d busybox cat /d/back; volume rm $v > /dev/null; volume ls -q -f name=$v
            """)
        #expect(lines(result) == ["container", "guest"], "\(result.output)\(result.complaints)")
    }

    /// What cannot be is refused by what was typed, and makes no volume.
    @Test(arguments: [
        ("run --rm -v a:/x busybox true", "name of a volume"), ("run --rm -v b/../c:/x busybox true", "absolute"),
        ("run --rm -v vol:/x:exec busybox true", "'exec' is not one of"),
        ("run --rm -v vol:/x -v other:/x busybox true", "two mounts"),
        ("run --rm --mount type=volume,src=../x,dst=/x busybox true", "name of a volume"),
        ("run --rm --mount type=volume,src=vol,dst=/x,volume-driver=nfs busybox true", "local"),
        ("run --rm --volumes-from nobody-here busybox true", "nobody-here"),
        ("volume create ..", "volume name"), ("volume create -d nfs vol", "--driver"),
        ("volume rename nothing-here other", "nothing-here"), ("volume export nothing-here", "nothing-here"),
        ("volume ls -f size=1", "size"), ("run --rm --volume-driver x busybox true", "--volume-driver"),
    ])
    func refusals(command: String, word: String) throws {
        let result = try EnginePlace.shell("\"$isolab\" \(command) | cat; \"$isolab\" volume ls -q -f name='^vol$'")
        #expect(result.complaints.contains(word) && result.output.isEmpty, "\(result.output)\(result.complaints)")
    }

    /// Twenty at once make one volume and fill it once; nobody sees half of it.
    @Test func racingFirstUses() throws {
        let result = try shell(
            """
            mkdir c; printf 'FROM busybox\\nRUN mkdir /full && for i in $(seq 300); do echo $i > /full/$i; done\\n' > c/Containerfile
            "$isolab" build -q -t full-$$ c > /dev/null || exit 9
            for i in $(seq 20); do run --rm -v $v:/full full-$$ sh -c 'ls /full | wc -l' & done; wait
            volume ls -q -f name=$v | wc -l; volume rm $v > /dev/null
            """)
        #expect(lines(result) == Array(repeating: "300", count: 20) + ["1"], "\(result.output)\(result.complaints)")
    }
}

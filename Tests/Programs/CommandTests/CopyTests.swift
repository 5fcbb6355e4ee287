import Testing

/// `isolab cp`, with real containers: docker's rules, streams, what is mounted, and containers that wish to lead it astray.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct CopyTests {
    private func lines(_ result: IsolabProgram.Result) -> [String] {
        result.output.split(separator: "\n").map(String.init)
    }

    private func shell(_ script: String) throws -> IsolabProgram.Result {
        try EnginePlace.shell(
            """
            c=copy-$$; cp() { "$isolab" cp "$@"; }; inside() { "$isolab" exec $c "$@"; }
            trap '"$isolab" rm -f $c > /dev/null 2>&1' EXIT
            up() { "$isolab" run -d --name $c "$@" > /dev/null; }
            \(script)
            """)
    }

    /// Files and directories, from a container that runs and to it: where they go by what is there already.
    @Test func rules() throws {
        let result = try shell(
            """
            up busybox sh -c 'mkdir -p /d/sub /e; echo one > /d/f; echo two > /d/sub/g; ln -s f /d/l; touch /ready; exec sleep 1000'
            until inside test -e /ready; do sleep 0.1; done
            cp $c:/d/f new; cat new; mkdir there; cp $c:/d/f there; cat there/f; echo old > over; cp $c:/d/f over; cat over
            cp $c:/d made; find made | sort | tr '\\n' ' '; echo; cp $c:/d there; find there | sort | tr '\\n' ' '; echo
            mkdir flat; cp $c:d/. flat; find flat | sort | tr '\\n' ' '; echo; readlink flat/l; cp -L $c:/d/l led; cat led
            cp $c:/d/f nowhere/x; echo $?; cp $c:/d/f nowhere/; echo $?; cp $c:/d over; echo $?; cp $c:/nosuch .; echo $?
            cp there $c:/in; inside find /in | sort | tr '\\n' ' '; echo; cp new $c:/in/d/; inside cat /in/d/new
            cp new $c:/in/none/; echo $?; cp there $c:/in/d/f; echo $?; cp flat/. $c:/e; inside ls /e
            echo over > new; cp new $c:/d/l; inside cat /d/f
            cp a b; echo $?; cp $c:/a $c:/b; echo $?; cp $c: x; echo $?; cp nosuch:/a .; echo $?
            """)
        let words = "there there/d there/d/f there/d/l there/d/sub there/d/sub/g there/f "
        #expect(
            lines(result) == [
                "one", "one", "one", "made made/f made/l made/sub made/sub/g ", words,
                "flat flat/f flat/l flat/sub flat/sub/g ", "f", "one", "1", "1", "1", "1",
                "/in /in/d /in/d/f /in/d/l /in/d/sub /in/d/sub/g /in/f ", "one", "1", "1", "f", "l", "sub", "over",
                "1", "1", "2", "1",
            ], "\(result.output)\(result.complaints)")
    }

    /// A container at rest is copied from and to alike, before its first run and after its last; it can be started afterwards.
    @Test func atRest() throws {
        let result = try shell(
            """
            "$isolab" create --name $c busybox sh -c 'cat /given; echo left > /left' > /dev/null
            echo given > given; cp given $c:/given; cp $c:/given back; cat back
            "$isolab" start -a $c; cp $c:/left left; cat left; cp $c:/etc/passwd - | tar -tf -; "$isolab" start -a $c
            """)
        #expect(
            lines(result) == ["given", "given", "left", "passwd", "given"], "\(result.output)\(result.complaints)")
    }

    /// Archives on the standard streams keep owners; what would lead outside is refused.
    @Test func streams() throws {
        let result = try shell(
            """
            up busybox sh -c 'mkdir /d /in; echo x > /d/f; chown 5:6 /d/f; chmod 4750 /d/f; touch /ready; exec sleep 1000'
            until inside test -e /ready; do sleep 0.1; done
            cp $c:/d - > out.tar; tar -tf out.tar | sort | tr '\\n' ' '; echo; tar --numeric-owner -tvf out.tar d/f | cut -c1-14
            cp $c:/d/. - | tar -tf -; cp - $c:/in < out.tar; inside stat -c '%a %u %g' /in/d/f
            mkdir t; echo y > t/f; tar -C t -cf - f | cp - $c:/in; inside cat /in/f; inside stat -c %a /in
            tar -cf - t | cp - $c:/none; echo $?; tar -cPf bad.tar --transform 's,^,../,' t/f; cp - $c:/in < bad.tar; echo $?
            id=$("$isolab" inspect -f '{{.Id}}' $c); ls -d "$ISOLAB_DATA/images/containers/$id"/copy-* 2> none | wc -l
            """)
        #expect(
            lines(result) == [
                "d/ d/f ", "-rwsr-x--- 5/6", "f", "4750 5 6", "y", "755", "1", "1", "0",
            ], "\(result.output)\(result.complaints)")
    }

    /// Owners are kept where it is asked for; what runs with its owner's rights comes out of no container.
    @Test func attributes() throws {
        let result = try shell(
            """
            up busybox sh -c 'echo x > /f; chown 5:6 /f; chmod 6755 /f; touch -d "2001-02-03 12:00" /f; mkfifo /p; touch /ready; exec sleep 1000'
            until inside test -e /ready; do sleep 0.1; done
            cp $c:/f plain; stat -c '%a %u %g' plain; stat -c %y plain | cut -c1-10; cp -a $c:/f kept; stat -c '%a %u %g' kept
            chmod 4755 kept; cp kept $c:/plain; inside stat -c '%a %u %g' /plain; cp -a kept $c:/kept; inside stat -c '%a %u %g' /kept
            timeout 60 "$isolab" cp $c:/p pipe; stat -c %F pipe; cp $c:/dev/null x; echo $?; cp $c:/proc/cpuinfo x; echo $?
            mkdir all; cp $c:/. all; ls all/proc all/sys 2> none | wc -l; ls all/f
            truncate -s 1T sparse; cp sparse $c:/sparse; inside stat -c %s /sparse
            """)
        #expect(
            lines(result) == [
                "755 0 0", "2001-02-03", "755 5 6", "755 0 0", "4755 5 6", "fifo", "1", "1", "0", "all/f",
                "1099511627776",
            ], "\(result.output)\(result.complaints)")
    }

    /// What is mounted in a container that runs is copied as it sees it; of one at rest it is refused, by name.
    @Test func mounts() throws {
        let result = try shell(
            """
            mkdir shared; echo bound > shared/b; v=copy-v-$$
            up -v $v:/var/v -v "$place/shared:/bound:ro" --tmpfs /mem busybox sh -c 'ln -s /var/v /link; echo v > /var/v/f; echo m > /mem/f; touch /ready; exec sleep 1000'
            until inside test -e /ready; do sleep 0.1; done
            cp $c:/link/f f; cat f; cp $c:/bound out; cat out/b; cp $c:/mem/f m; cat m; cp f $c:/bound/x; echo $?; ls shared
            cp $c:/bound shared/again; echo $?; echo host > h; cp h $c:/etc/hosts; inside cat /etc/hosts
            "$isolab" stop -t 0 $c > /dev/null
            for path in /link/f /bound/b /mem /etc/hosts; do cp $c:$path x; echo $?; done; cp h $c:/var/v/h; echo $?
            cp $c:/var var; ls var/v | wc -l; "$isolab" rm -f $c > /dev/null; "$isolab" volume rm $v > /dev/null
            """)
        #expect(
            lines(result) == [
                "v", "bound", "m", "1", "b", "1", "host", "1", "1", "1", "1", "1", "0",
            ], "\(result.output)\(result.complaints)")
        #expect(
            result.complaints.contains("is in what is mounted at /var/v when the container runs"),
            "\(result.complaints)")
        #expect(result.complaints.contains("what is mounted at /var/v is not copied"), "\(result.complaints)")
        #expect(result.complaints.contains("a directory cannot be copied into itself"), "\(result.complaints)")
    }

    /// What the destination refuses is told of the destination, and what is mounted is a volume only where it is one.
    @Test func refusals() throws {
        let result = try shell(
            """
            mkdir -p shared d/e; echo x > d/e/f; told() { sed "s/$c/C/; s/^isolab: //"; }
            up --read-only -v "$place/shared:/bound:ro" --tmpfs /mem busybox sh -c \\
                'mkdir -p /mem/d/f /mem/x; touch /mem/g /mem/x/e /mem/ready; exec sleep 1000'
            until inside test -e /mem/ready; do sleep 0.1; done
            cp d $c:/new 2>&1 | told; cp d/e/f $c:/etc/passwd 2>&1 | told; cp d/e/f $c:/bound/f 2>&1 | told
            cp d/e/f $c:/mem/d 2>&1 | told; cp d/e $c:/mem/x 2>&1 | told; cp d $c:/mem/g 2>&1 | told
            seq 5000 | cp - $c:/mem 2>&1 | grep -o 'standard input is not a tar archive'
            "$isolab" stop -t 0 $c > /dev/null; cp $c:/mem/g x 2>&1 | told
            """)
        let readOnly = "Read-only file system (errno 30); the root, or what is mounted there, is read-only"
        #expect(
            lines(result) == [
                "mkdirat C:/new: \(readOnly)", "open C:/etc/passwd: \(readOnly)", "openat C:/bound/f: \(readOnly)",
                "replace C:/mem/d/f: Is a directory (errno 21); a directory is not replaced by a file",
                "openat C:/mem/x/e: Not a directory (errno 20); a directory replaces nothing but a directory",
                "copy C:/mem/g: Not a directory (errno 20); it is a file, and a directory cannot be copied to one: d is a directory",
                "standard input is not a tar archive",
                "C:/mem/g is in what is mounted at /mem when the container runs, which it does not; start it first",
            ], "\(result.output)\(result.complaints)")
    }

    /// CVE-2018-15664: a container swaps a directory for a link to `/` while it is copied. A path that is looked up on this host is led
    /// out by the same link.
    @Test func swappedDirectory() throws {
        let result = try shell(
            """
            mkdir host-only; echo secret > host-only/secret; echo x > given; escape="$place/host-only"
            up busybox sh -c 'ln -s / /naive; mkdir /d /d/sub; echo own > /d/own; touch /ready
                while :; do mv /d /away; ln -s / /d; rm /d; mv /away /d; done'
            until inside test -e /ready; do sleep 0.1; done
            pid=$("$isolab" inspect -f '{{.State.Pid}}' $c); cat "/proc/$pid/root/naive$escape/secret"
            for i in $(seq 20); do
                cp -L $c:/d out-$i 2> none; cp -L "$c:/d$escape" out-$i-x 2> none; cp "$c:/d$escape/secret" out-$i-y 2> none
                cp given "$c:/d$escape/written-$i" 2> none; cp given $c:/d/written-copy-$$-$i 2> none
                tar -cf - given | cp - "$c:/d$escape" 2> none
            done
            find out-* -name secret 2> none | wc -l; ls out-*-x out-*-y 2> none | wc -l; ls host-only
            ls -d /written-copy-$$-* 2> none | wc -l
            """)
        #expect(lines(result) == ["secret", "0", "0", "secret", "0"], "\(result.output)\(result.complaints)")
    }

    /// Links of a container at rest lead nowhere but into it, whatever they say: as source, as destination, and on the way.
    @Test func links() throws {
        let result = try shell(
            """
            echo secret > secret; "$isolab" create --name $c busybox true > /dev/null
            mkdir evil; ln -s / evil/root; ln -s "$place/secret" evil/file; ln -s ../../../../../.. evil/up; ln -s /proc/self/root evil/magic
            cp evil $c:/evil; echo given > given
            for way in root up magic; do cp "$c:/evil/$way$place/secret" x; echo $?; done; cp -L $c:/evil/file x; echo $?
            cp given $c:/evil/file; echo $?; cp given "$c:/evil/root/from-root"; cp $c:/from-root y; cat y secret; ls -d /from-root 2> none | wc -l
            """)
        #expect(
            lines(result) == ["1", "1", "1", "1", "1", "given", "secret", "0"], "\(result.output)\(result.complaints)")
    }

    /// A copy that is killed leaves a container at rest as it was, and nothing beside it.
    @Test func killed() throws {
        let result = try shell(
            """
            "$isolab" create --restart always --name $c busybox sleep 1000 > /dev/null
            "$isolab" start $c > /dev/null; "$isolab" stop -t 0 $c > /dev/null; mkfifo archive
            (exec "$isolab" cp - $c:/ < archive) & copy=$!; exec 3> archive; printf x >&3
            until ls "$ISOLAB_DATA"/images/containers/*/copy-$copy-* > none 2>&1; do sleep 0.1; done
            "$isolab" start $c 2>&1 | grep -c 'in use by another command'
            kill -9 $copy; wait $copy 2> none; exec 3>&-
            "$isolab" inspect -f '{{.State.Status}}' $c; echo given > given; cp given $c:/given; cp $c:/given - | tar -xOf -
            ls -d "$ISOLAB_DATA"/images/containers/*/copy-$copy-* 2> none | wc -l; "$isolab" inspect -f '{{.State.Status}}' $c
            """)
        #expect(
            lines(result) == ["1", "exited", "given", "0", "exited"], "\(result.output)\(result.complaints)")
    }
}

import Glibc
import Linux
import Testing

/// `isolab` in the hands of an ordinary user: containers, builds and images in a user namespace of his own.
@Suite(
    .enabled(if: OrdinaryUser.canBecome && EnginePlace.canRun, "\(OrdinaryUser.reason), and images busybox-static"),
    .enabled(if: OrdinaryUser.hasHelpers, "the package uidmap is not installed"))
struct OrdinaryUserTests {
    /// With an image of busybox in his store.
    private func shell(
        _ script: String, subordinate: String = "test:200000:65536\n", in place: Place? = nil
    ) throws -> IsolabProgram.Result {
        try OrdinaryUser.shell(
            "\"$isolab\" image bootstrap busybox >/dev/null\n\(script)", in: place ?? Place(), subordinate: subordinate)
    }

    private func lines(_ result: IsolabProgram.Result) -> [String] {
        result.output.split(separator: "\n").map(String.init)
    }

    /// Root inside is the user outside, everybody else his subordinate ids; streams, variables, directories and statuses come
    /// through, and nothing is left.
    @Test func run() throws {
        let result = try shell(
            """
            mkdir shared; echo in > input
            "$isolab" run --rm busybox sh -c 'id -u; cat /proc/self/uid_map | tr -s " "; echo > /dev/null'
            "$isolab" run --rm -i -u 33:44 -e A=1 -v "$HOME/shared:/shared" busybox sh -c 'id -u; id -g; echo $A; cat' < input
            "$isolab" run --rm -v "$HOME/shared:/shared" busybox sh -c 'touch /shared/a /shared/b; chown 33:44 /shared/b'
            stat -c %u:%g shared/a shared/b
            "$isolab" run --rm --read-only busybox touch /x || echo "status $?"
            "$isolab" run --rm busybox nope || echo "status $?"
            "$isolab" run --rm --network host busybox ls -d /sys/kernel
            "$terminal" '"$isolab" run --rm -it busybox tty' | grep -o '/dev/pts/0'
            "$isolab" ps -aq
            ls .local/share/isolab/images/containers .local/share/isolab/containers/live
            grep -c "$place/home" /proc/mounts || true
            """)
        #expect(
            lines(result) == [
                "0", " 0 \(OrdinaryUser.number) 1", " 1 200000 65536", "33", "44", "1", "in",
                "\(OrdinaryUser.number):\(OrdinaryUser.number)", "200032:200043", "status 1", "status 127",
                "/sys/kernel",
                "/dev/pts/0", ".local/share/isolab/containers/live:", ".local/share/isolab/images/containers:", "0",
            ], "\(result.output)\(result.complaints)")
        // Limits that nobody asked for are not missed.
        #expect(!result.complaints.contains("warning"), "\(result.complaints)")
    }

    /// In the background, too: it lives on after the command, and another one ends it. What no cgroup counts is
    /// not shown as nothing.
    @Test func background() throws {
        let result = try shell(
            """
            "$isolab" run -d --name mine -u 33 busybox sh -c 'id -u; trap "exit 3" TERM; while :; do sleep 0.05; done' > id
            until "$isolab" logs mine | grep -q 33; do sleep 0.05; done; "$isolab" logs mine
            "$isolab" stats --no-stream --format '{{.MemUsage}}|{{.PIDs}}|{{.CPUPerc}}|{{.NetIO}}' mine
            "$isolab" exec -u 44 mine id -u; "$isolab" ps --format '{{.Names}} {{.State}}'
            "$isolab" stop mine; "$isolab" inspect mine --format '{{.State.ExitCode}}'
            "$isolab" start mine > /dev/null; "$isolab" kill mine; "$isolab" wait mine; "$isolab" rm mine
            "$isolab" run -d --rm --name short busybox true > /dev/null
            for i in $(seq 100); do [ -z "$("$isolab" ps -aq)" ] && break; sleep 0.1; done
            ls .local/share/isolab/images/containers .local/share/isolab/containers/live
            """)
        #expect(
            lines(result) == [
                "33", "-- / --|--|--|0B / 0B", "44", "mine running", "mine", "3", "mine", "137", "mine",
                ".local/share/isolab/containers/live:", ".local/share/isolab/images/containers:",
            ], "\(result.output)\(result.complaints)")
    }

    /// He is told what works for him, and what takes root.
    @Test func doctor() throws {
        let result = try shell(
            """
            "$isolab" doctor > told || true; grep -c '^✓ images without root' told; grep -c '^Images run and are built for you' told
            grep -c '^✓ overlay file system' told; grep -c '^✓ namespace net ' told
            grep '^✗' told | awk '{ print $2 }' | grep -v '^peer\\|^KVM\\|^Landlock' || true
            """)
        #expect(lines(result) == ["1", "1", "1", "1", "root"], "\(result.output)\(result.complaints)")
    }

    /// What a container changed is listed, made an image with its owners, packed, and read again.
    @Test func images() throws {
        let result = try shell(
            """
            "$isolab" run --name kept busybox sh -c 'mkdir /d; touch /d/x; chown 1000:1000 /d/x; rm /bin/dd'
            "$isolab" diff kept
            "$isolab" commit -m words kept made > /dev/null
            "$isolab" history made --format '{{.Comment}}' | head -1
            "$isolab" save made -o made.tar
            "$isolab" rm kept; "$isolab" rmi made > /dev/null; "$isolab" image prune -a > /dev/null
            "$isolab" images -q
            "$isolab" load -i made.tar
            "$isolab" run --rm made sh -c 'stat -c %u:%g /d/x; ls /bin/dd 2>&1 || true'
            "$isolab" run --name again made sh -c 'rm -r /d; mkdir /d; touch /d/y'
            "$isolab" commit again newer > /dev/null; "$isolab" rm again
            "$isolab" run --rm newer ls /d
            "$isolab" image import made.tar imported > /dev/null
            "$isolab" images --format '{{.Repository}}' | sort
            "$isolab" image check | sed 's/.*: //'
            """)
        #expect(
            lines(result) == [
                "C /bin", "D /bin/dd", "A /d", "A /d/x", "words", "kept", "Loaded image: made:latest",
                "1000:1000",
                "ls: /bin/dd: No such file or directory", "again", "y", "imported", "made", "newer", "no problems",
            ], "\(result.output)\(result.complaints)")
    }

    /// What cannot be paused, as it has no cgroup, is read all the same, and that is said; it is not where nobody asked for a pause.
    @Test func commitOfRunning() throws {
        let result = try shell(
            """
            "$isolab" run -d --name busy busybox sh -c 'echo x > /made; exec sleep 1000' > /dev/null
            until "$isolab" exec busy test -s /made; do sleep 0.1; done
            "$isolab" commit busy made 2> told > /dev/null; grep -c warning told; grep -c 'was not paused' told
            "$isolab" commit --pause=false busy again 2> silent > /dev/null; grep -c . silent || true
            "$isolab" export busy 2> exported > all.tar; tar -tf all.tar | grep -c 'made$'; grep -c 'was not paused' exported
            "$isolab" rm -f busy > /dev/null; "$isolab" run --rm made cat /made; "$isolab" run --rm again cat /made
            """)
        #expect(lines(result) == ["1", "1", "0", "1", "1", "x", "x"], "\(result.output)\(result.complaints)")
    }

    /// A build's commands run as whom it says, its files have the owners it says, and a directory made anew hides the one below.
    @Test func build() throws {
        let result = try shell(
            """
            mkdir context; echo data > context/file
            tar -cf context/archive.tar --owner=99 --group=98 -C context file
            cat > context/Containerfile <<'END'
            FROM busybox AS first
            RUN mkdir /d && touch /d/old && echo a > /a && chown 33:44 /a
            RUN rm -r /d && mkdir /d && touch /d/new
            USER 5:6
            RUN --mount=type=cache,target=/tmp/cache touch /tmp/mine
            COPY --chown=7:8 file /copied
            ADD archive.tar /added/
            FROM scratch
            COPY --from=first / /
            RUN ["/bin/stat", "-c", "%u:%g", "/a", "/tmp/mine", "/copied", "/added/file"]
            CMD ["/bin/ls", "/d"]
            END
            "$isolab" image build -t built context | grep :
            "$isolab" run --rm built
            "$isolab" build -q -t again context > /dev/null
            "$isolab" images --format '{{.ID}}' built > one; "$isolab" images --format '{{.ID}}' again > two; cmp one two
            ls .local/share/isolab/images/builds | grep -vc '^caches*$' || true
            """)
        let lines = lines(result).filter { !$0.hasPrefix("sha256") && !$0.hasPrefix("STEP") }
        #expect(lines == ["33:44", "5:6", "7:8", "99:98", "new", "0"], "\(result.output)\(result.complaints)")
    }

    /// Commands of another terminal are in the same user namespace: they enter and end what others run, also as other users.
    @Test func together() throws {
        let result = try shell(
            """
            for name in one two; do
                "$isolab" run --rm --name $name -u 7 busybox sh -c 'echo ready; sleep 1000' > log-$name &
                processes="$processes $!"
            done
            for name in one two; do until grep -q ready log-$name; do sleep 0.1; done; done
            "$isolab" exec one id -u
            "$isolab" exec -u 0 -w /tmp two sh -c 'id -u; pwd; ps | grep -c "[s]leep 1000"'
            for process in $processes; do readlink /proc/$process/ns/user; done | sort -u | wc -l
            "$isolab" ps --format '{{.Names}}' | sort
            "$isolab" rm -f one two
            wait || true
            "$isolab" ps -aq
            """)
        #expect(
            lines(result) == ["7", "0", "/tmp", "1", "1", "one", "two", "one", "two"],
            "\(result.output)\(result.complaints)")
    }

    /// Of a command that is killed nothing stays that the next one does not free.
    @Test func killed() throws {
        let result = try shell(
            """
            for name in gone kept; do
                options=--rm; test $name = gone || options=
                "$isolab" run $options --name $name busybox sh -c 'echo ready; sleep 1000' > log-$name &
                until grep -q ready log-$name; do sleep 0.1; done
                kill -9 $!; wait $! || echo "status $?"
            done
            "$isolab" ps -a --format '{{.Names}} {{.State}} {{.ExitCode}}'
            ls "$XDG_RUNTIME_DIR/isolab/namespace" | wc -l
            "$isolab" rm kept
            ls .local/share/isolab/containers/live .local/share/isolab/images/containers
            grep -c "$place/home" /proc/mounts || true
            """)
        #expect(
            lines(result) == [
                "status 137", "status 137", "kept exited 137", "2", "kept", ".local/share/isolab/containers/live:",
                ".local/share/isolab/images/containers:", "0",
            ], "\(result.output)\(result.complaints)")
    }

    // MARK: - What cannot be

    /// Without subordinate ids, which is said once, what is root's alone runs; files and processes of others are refused by name.
    @Test func ownIdentityAlone() throws {
        let result = try shell(
            """
            "$isolab" run --rm busybox sh -c 'id -u; cat /proc/self/uid_map | tr -s " "'
            "$isolab" run --rm -u 5 busybox id || echo "status $?"
            echo x > file; tar -cf foreign.tar --owner=99 --group=98 file
            "$isolab" image import foreign.tar foreign || echo "status $?"
            ls .local/share/isolab/images/builds | wc -l
            """, subordinate: "other:100000:65536\n")
        #expect(
            lines(result) == ["0", " 0 \(OrdinaryUser.number) 1", "status 125", "status 1", "0"],
            "\(result.output)\(result.complaints)")
        let complaints = result.complaints.split(separator: "\n")
        #expect(complaints.count { $0.contains("add \"test:165536:65536\" as root") } == 1)
        #expect(complaints.contains { $0.contains("process.user.uid: 5 has no number") && $0.contains("/etc/subuid") })
        #expect(complaints.contains { $0.contains("\"file\": its owner 99 has no number") })
    }

    /// Where the host makes no user namespaces, it is said how it would; what needs none goes on.
    @Test func refusedByTheHost() throws {
        let result = try shell(
            """
            unshare --user --map-current-user --keep-caps sh -c 'echo 0 > /proc/sys/user/max_user_namespaces
                "$isolab" images --format "{{.Repository}}"; "$isolab" run --rm busybox true; echo "status $?"'
            """)
        #expect(lines(result) == ["busybox", "status 125"], "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("user.max_user_namespaces=15000"), "\(result.complaints)")
    }

    /// Limits that cannot be kept are refused rather than forgotten.
    @Test(.enabled(if: (try? CgroupLayout.detect())?.mode != .v2, "[host] on v2 a cgroup may be his"))
    func limits() throws {
        let result = try shell(
            "\"$isolab\" run --rm --memory 64m busybox true || echo \"status $?\"; \"$isolab\" ps -aq")
        #expect(lines(result) == ["status 125"], "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("limits need root here"), "\(result.complaints)")
    }

    /// Root's store and a user's are never each other's, wherever they are said to be.
    @Test func foreignStores() throws {
        let place = try Place()
        let user = try OrdinaryUser.shell(
            """
            "$isolab" image bootstrap busybox > /dev/null
            ISOLAB_DATA="$place/data" "$isolab" run --rm busybox true || echo "status $?"
            """, in: place,
            preparation: "ISOLAB_DATA=$place/data $isolab image bootstrap busybox > /dev/null; chmod -R a+rX data")
        #expect(user.output == "status 125\n", "\(user.output)\(user.complaints)")
        #expect(user.complaints.contains("it belongs to user 65534"), "\(user.complaints)")
        let root = try IsolabProgram.shell(
            """
            ISOLAB_DATA="$place/home/.local/share/isolab" "$isolab" images || echo "status $?"
            ISOLAB_DATA="$place/data" unshare --user --map-root-user "$isolab" images || echo "status $?"
            """, in: place)
        #expect(root.output == "status 1\nstatus 1\n", "\(root.output)\(root.complaints)")
        #expect(root.complaints.contains("it belongs to user \(OrdinaryUser.number)"))
        #expect(root.complaints.contains("its layers belong to root of the host"))
    }

    // MARK: - Inside others, and as a guest

    /// A user namespace that is there already is taken as it is; so is a container of isolab's own.
    @Test func nested() throws {
        let result = try shell(
            """
            unshare --user --map-root-user "$isolab" run --rm busybox sh -c 'id -u; cat /proc/self/uid_map | tr -s " "'
            "$isolab" run --rm -v "${isolab%/*}:/programs:ro" busybox sh -c \
                '/programs/isolab image bootstrap busybox || /programs/isolab images --format "{{.Repository}}"; echo inside'
            """)
        #expect(
            lines(result) == ["0", " 0 \(OrdinaryUser.number) 1", "inside"], "\(result.output)\(result.complaints)")
    }

    /// His image in a guest, whose root is packed where its owners can be read. Nothing of the host's /run is needed for it, nor
    /// what root's libvirt left there.
    @Test(.enabled(if: GuestLuckTests.hasGuests, "guests need isolab-vm and QEMU"))
    func guest() throws {
        let result = try shell(
            """
            "$isolab" run --name kept busybox sh -c 'echo secret > /s; chown 33:44 /s; chmod 600 /s'
            "$isolab" commit kept made > /dev/null
            "$isolab" run --rm --vm made sh -c 'stat -c %u:%g /s; cat /s; exit 7' || echo "status $?"
            ls "$XDG_RUNTIME_DIR/isolab/vm"
            """)
        #expect(lines(result) == ["33:44", "secret", "status 7"], "\(result.output)\(result.complaints)")
    }

    /// QEMU of his guest is the last of his subordinate ids, and he himself where he has none; without a capability either way.
    @Test(
        .enabled(if: GuestLuckTests.hasGuests, "guests need isolab-vm and QEMU"),
        arguments: [("test:200000:65536\n", 265_535), ("other:100000:65536\n", OrdinaryUser.number)])
    func guestIsShutIn(subordinate: String, user: Int) throws {
        let result = try shell(
            """
            "$isolab" run --rm --vm busybox sh -c 'echo up; sleep 600' > log & guest=$!
            until grep -q up log; do kill -0 $guest || exit 1; sleep 0.1; done
            for process in $(pgrep -f "guest=isolab-$guest,"); do
                cat /proc/$process/comm
                sed -n 's/^\\(Uid\\|CapPrm\\|CapEff\\|NoNewPrivs\\|Seccomp\\):[[:space:]]*/\\1 /p' /proc/$process/status | tr '\\t' ' '
            done
            kill $guest; wait $guest || true
            """, subordinate: subordinate)
        #expect(
            lines(result) == [
                "qemu-system-x86", "Uid \(user) \(user) \(user) \(user)", "CapPrm 0000000000000000",
                "CapEff 0000000000000000", "NoNewPrivs 1", "Seccomp 2",
            ], "\(result.output)\(result.complaints)")
    }
}

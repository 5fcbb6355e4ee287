import Glibc
import Linux
import TestSupport
import Testing

/// `isolab run --vm`, as a user calls it.
@Suite(
    .enabled(
        if: EnginePlace.canRun && GuestLuckTests.hasGuests, "guests of images need root, busybox, isolab-vm and QEMU"))
struct GuestRunTests {
    /// Called by its path or found by PATH, with a status passed on.
    @Test func status() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --rm --vm busybox sh -c 'uname -s; exit 7'; echo "status $?"
            cd "$(dirname "$isolab")"; ./isolab run --rm --vm busybox echo here
            cd /; PATH="$(dirname "$isolab"):$PATH"; isolab run --rm --vm busybox echo found
            """)
        #expect(result.output == "Linux\nstatus 7\nhere\nfound\n", "\(result.complaints)")
    }

    /// A guest is marked in lists, has no room for further commands, and is ended by force with all that it was made of, whether its
    /// command would hear or not, and while it boots.
    @Test func removedByForce() throws {
        let result = try EnginePlace.shell(
            """
            left() { pgrep -f "guest=isolab-$1," ; ls /run/isolab/vm | grep "^c$1[.]"; find /sys/fs/cgroup -name "guests-c$1.*"; true; }
            "$isolab" run --vm --name forced-$$ busybox sh -c 'trap "" TERM; echo up; sleep 600' > log 2>&1 & guest=$!
            until grep -q up log || ! kill -0 $guest; do sleep 0.1; done
            "$isolab" ps --filter name=forced-$$ --format '{{.Kind}} {{.Status}}' | sed 's/Up .* (/Up (/'
            "$isolab" inspect forced-$$ --format '{{.Kind}} {{.State.Status}} {{.Config.Cmd}}'
            "$isolab" exec forced-$$ true; echo "exec $?"; "$isolab" rm forced-$$ 2>/dev/null; echo "rm $?"
            "$isolab" rm -f forced-$$ | sed "s/-$$//"; wait $guest; echo "run $?"; left $guest
            "$isolab" run --vm --name early-$$ busybox sleep 600 > log 2>&1 & guest=$!
            until "$isolab" ps -q --filter name=early-$$ | grep -q .; do sleep 0.05; done
            "$isolab" rm -f early-$$ | sed "s/-$$//"; wait $guest; left $guest; "$isolab" ps -aq --filter name=early-$$ | wc -l
            """)
        #expect(
            result.output == """
                guest Up (guest)
                guest running [sh -c trap "" TERM; echo up; sleep 600]
                exec 125
                rm 1
                forced
                run 137
                early
                0

                """, "\(result.output)\(result.complaints)")
        #expect(
            result.complaints.contains("is a guest (--vm): no second command can run in it"),
            "\(result.complaints)")
    }

    /// A file of the host is the guest's, and what is read-only stays so; when isolab is killed nothing of it is left: no guest, no
    /// mount, and after the next guest no directory.
    @Test(
        .enabled(
            if: access("/usr/lib/qemu/virtiofsd", X_OK) == 0 || access("/usr/libexec/virtiofsd", X_OK) == 0,
            "needs virtiofsd, which QEMU's packages or one of its own install"))
    func killedWithShares() throws {
        let result = try EnginePlace.shell(
            """
            echo first > file; mkdir tree; echo kept > tree/x
            "$isolab" run --rm --vm -v "$place/file:/f" -v "$place/tree:/t:ro" busybox \
                sh -c 'cat /f /t/x; echo no > /t/x; echo up > /f; sleep 100' > log 2>&1 & guest=$!
            while kill -0 $guest && ! { grep -q up file && grep -q Read-only log; }; do sleep 0.05; done
            cat log tree/x; grep -c "$place" /proc/self/mountinfo
            kill -9 $guest; wait $guest 2>/dev/null
            for i in $(seq 100); do pgrep -f "guest=isolab-$guest," > /dev/null && sleep 0.1; done
            pgrep -f "guest=isolab-$guest,"; grep -c "$place" /proc/self/mountinfo
            "$isolab" run --rm --vm busybox true; ls /run/isolab/vm | grep -c "^c$guest[.]"
            find /sys/fs/cgroup -name "guests-c$guest.*" | wc -l
            """)
        #expect(
            result.output == """
                first
                kept
                sh: can't create /t/x: Read-only file system
                kept
                0
                0
                0
                0

                """, "\(result.complaints)")
    }

    /// Neither QEMU nor virtiofsd nor what drives them is root, or has a capability or a namespace of the host's, with a directory
    /// of the host or without; and of a guest that ended well nothing stays.
    @Test(arguments: [false, true]) func shutIn(shares: Bool) throws {
        let hasVirtiofsd =
            access("/usr/lib/qemu/virtiofsd", X_OK) == 0 || access("/usr/libexec/virtiofsd", X_OK) == 0
        guard !shares || hasVirtiofsd else { return }
        let place = try Place()
        let option = shares ? "-v \"$place:/shared\"" : ""
        let isolab = try EnginePlace.start(
            "\"$isolab\" run --rm --vm \(option) busybox sh -c 'echo up; sleep 600' > log 2>&1", in: place)
        defer {
            try? isolab.kill(SIGKILL)
            _ = try? isolab.wait(for: "isolab run --vm", within: 60)
        }
        #expect(Eventually.comes { place.read("log").contains("up") }, "\(place.read("log"))")
        let helpers = try Procfs.descendants(of: isolab.pid).map { Confinement($0) }.filter { $0.name != "isolab" }
        let names = helpers.map(\.name)
        for name in ["isolab-vm", "qemu-system-x86"] + (shares ? ["virtiofsd"] : []) {
            #expect(names.contains(name), "\(names)")
        }
        for (helper, name) in zip(helpers, names) {
            let isEmulator = name.hasPrefix("qemu-system")
            let found = helper.violations(
                owner: isEmulator ? 2_013_265_920 : 1_879_048_192, holdsCapabilities: !isEmulator,
                isFiltered: isEmulator, directory: name == "virtiofsd" ? "/" : "/run/isolab/vm")
            #expect(found == [], "\(name)")
        }
        let directory = "c\(isolab.pid)."
        try isolab.kill(SIGTERM)
        #expect(try isolab.wait(for: "isolab run --vm").ending == .exited(143))
        #expect(!Processes.names(in: "/run/isolab/vm").contains { $0.hasPrefix(directory) })
        let cgroups = try IsolabProgram.shell("find /sys/fs/cgroup -name 'guests-\(directory)*'", in: place)
        #expect(cgroups.output == "")
    }
}

import Glibc
import Linux
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
            while kill -0 $guest && ! grep -q up file; do sleep 0.05; done
            cat log tree/x; grep -c "$place" /proc/self/mountinfo
            kill -9 $guest; wait $guest 2>/dev/null
            for i in $(seq 100); do pgrep -f "guest=isolab-$guest," > /dev/null && sleep 0.1; done
            pgrep -f "guest=isolab-$guest,"; grep -c "$place" /proc/self/mountinfo
            "$isolab" run --rm --vm busybox true; ls /run/isolab/vm | grep -c "^c$guest[.]"
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

                """, "\(result.complaints)")
    }
}

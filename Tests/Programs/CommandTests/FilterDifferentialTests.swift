import Glibc
import Linux
import Testing

/// The same containers, asked for in the same words: podman and isolab find the same.
@Suite(
    .serialized, .enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"),
    .enabled(if: Podman.isInstalled && access("/usr/sbin/runc", X_OK) == 0, "podman and runc are not installed"))
struct FilterDifferentialTests {
    private static let lines: [String] = [
        "ps -a -f label=app=x -f label=env=test", "ps -a -f label=app=x", "ps -a -f label=app -f label=env=prod",
        "ps -a -f label=none", "ps -a -f name=^one$", "ps -a -f 'name=tw|thr'", "ps -a -f 'name=o[nm]e'",
        "ps -a -f name=e",
        "ps -a -f name=ONE", "ps -a -f name=one -f name=two", "ps -a -f name=one -f label=env=test",
        "ps -a -f volume=/tmp", "ps -a -f volume=/nowhere",
    ]

    @Test func sameFilters() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox > /dev/null || exit 9
            storage="--root $place/storage --runroot $place/run --tmpdir $place/tmp --storage-driver vfs --cgroup-manager cgroupfs --runtime runc"
            limits="--ulimit nofile=1024:4000 --ulimit nproc=1024:4000"
            "$isolab" save -o img.tar busybox && podman $storage load -q -i img.tar > /dev/null || exit 8
            make() {
                podman $storage create --network none $limits "$@" busybox true > /dev/null && "$isolab" run "$@" busybox true
            }
            make --name one -l app=x -l env=prod; make --name two -l app=x -l env=test -v /tmp:/seen; make --name three -l app=y -l env=test
            cat > lines <<'END'
            \(Self.lines.joined(separator: "\n"))
            END
            number=0
            while IFS= read -r line; do
                number=$((number + 1))
                eval "podman $storage $line --format '{{.Names}}'" < /dev/null | sort > theirs
                eval "\\"$isolab\\" $line --format '{{.Names}}'" < /dev/null | sort > ours
                cmp -s ours theirs || { echo "== $line"; cat ours; echo "-- podman:"; cat theirs; }
            done < lines
            echo "compared $number"
            podman $storage inspect -f '{{.Os}}' busybox nosuch busybox > theirs 2> /dev/null
            "$isolab" inspect -f '{{.Os}}' busybox nosuch busybox > ours 2> /dev/null; cmp ours theirs && wc -l < ours
            podman $storage rm -fa -t 0 > /dev/null 2>&1; umount -l storage/vfs-containers 2>/dev/null; true
            """, in: try Place())
        #expect(result.output == "compared \(Self.lines.count)\n2\n", "\(result.output)\(result.complaints)")
    }
}

import Glibc
import TestSupport
import Testing

/// What containers have in networks whose keeper is killed.
@Suite(.enabled(if: NetworkPlace.canRun, "\(NetworkPlace.reason)"))
struct NetworkRecoveryTests {
    /// One that is to run again does, in its networks and with its ports. Naive: its place is taken, by its own former run.
    @Test func runsAgain() throws {
        let result = try NetworkPlace.shell(
            """
            run -d --name web --network bridge -p 8080:80 --restart always busybox sh -c 'mkdir -p /w; echo web > /w/index.html; exec httpd -f -h /w' > /dev/null
            keeper=$(sed -n 's/^PPid:.//p' /proc/$("$isolab" inspect web --format '{{.State.Pid}}')/status)
            kill -9 $keeper; while [ -e /proc/$keeper ]; do sleep 0.05; done; "$isolab" ps -a > /dev/null 2>&1
            for i in $(seq 300); do [ "$(ask 127.0.0.1:8080)" = web ] && break; sleep 0.1; done; ask 127.0.0.1:8080
            "$isolab" inspect web --format '{{.State.Status}} {{.RestartCount}}'; ls own/networks/*/endpoints | grep -c json
            """)
        #expect(result.output == "web\nrunning 1\n1\n", "\(result.output)\(result.complaints)")
    }

    /// One that cannot die keeps its address until it has: its device is on the bridge all the time. Naive: the next container gets the
    /// address, and two have it.
    @Test(
        .enabled(if: access("/dev/fuse", F_OK) == 0 && access("/usr/bin/gcc", X_OK) == 0, "needs /dev/fuse and gcc"),
        .timeLimit(.minutes(5)))
    func heldAddresses() throws {
        let result = try NetworkPlace.shell(
            """
            mkdir -p up/served; gcc -O1 -static -o hostile \(Repository.path("Tests/Probes/hostile-files.c"))
            ./hostile silent "$place/up/served" > said & server=$!
            trap 'kill -9 $server 2> /dev/null; umount -l up/served; finish' EXIT
            until grep -q mounted said; do kill -0 $server || exit 1; sleep 0.05; done
            network create --subnet 10.9.0.0/24 one > /dev/null
            run -d --name held --network one -v "$place/up:/up" busybox sh -c 'ls /up/served/below; sleep 1000' > /dev/null
            until grep -q asked said; do sleep 0.05; done
            keeper=$(sed -n 's/^PPid:.//p' /proc/$("$isolab" inspect held --format '{{.State.Pid}}')/status)
            kill -9 $keeper; while [ -e /proc/$keeper ]; do sleep 0.05; done
            network inspect one -f '{{len .Containers}}' 2> /dev/null
            run --rm --network one --ip 10.9.0.2 busybox true 2>&1 | grep -c '10.9.0.2 .*taken by container held'
            run --rm --network one busybox sh -c 'ip -o -4 addr show eth0 | tr -s " " | cut -d" " -f4' 2> /dev/null
            network rm one 2>&1 | grep -c 'in use by container held'; kill -9 $server
            until [ "$(network inspect one -f '{{len .Containers}}' 2> /dev/null)" = 0 ]; do sleep 0.1; done
            run --rm --network one --ip 10.9.0.2 busybox true && echo free
            """)
        #expect(result.output == "1\n1\n10.9.0.3/24\n1\nfree\n", "\(result.output)\(result.complaints)")
    }
}

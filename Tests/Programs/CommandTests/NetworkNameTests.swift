import Glibc
import TestSupport
import Testing

/// Names of containers, asked for in containers.
@Suite(.enabled(if: NetworkPlace.canRun, "\(NetworkPlace.reason)"))
struct NetworkNameTests {
    private func lines(_ result: IsolabProgram.Result) -> [String] {
        result.output.split(separator: "\n").map(String.init)
    }

    /// By name, alias and identifier, in the network alone; addresses lead back to names; what has gone is not found, and with the
    /// last container the server ends.
    @Test func names() throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; network create two > /dev/null
            start web --network one --network-alias www; start other --network two
            in1() { run --rm --network one busybox "$@"; }
            in1 timeout 3 wget -q -O - http://web/; in1 timeout 3 wget -q -O - http://www/; in1 timeout 3 wget -q -O - http://web.one/
            in1 timeout 3 wget -q -O - http://$("$isolab" ps -q -f name=web)/; run --rm --network two busybox ping -q -c 1 -W 1 web 2>&1 | grep -c 'bad address'
            in1 nslookup $(address web) | grep -c 'name = web'; in1 cat /etc/resolv.conf
            network connect --alias far one other; in1 timeout 3 wget -q -O - http://far/; network disconnect one other
            in1 ping -q -c 1 -W 1 far 2>&1 | grep -c 'bad address'
            "$isolab" rm -f web > /dev/null; in1 ping -q -c 1 -W 1 web 2>&1 | grep -c 'bad address'
            "$isolab" rm -f other > /dev/null; pgrep -f "isolab-names $place/" | wc -l
            """)
        #expect(
            lines(result) == [
                "web", "web", "web", "web", "1", "1", "nameserver 127.0.0.11", "options ndots:0", "other", "1", "1",
                "0",
            ], "\(result.output)\(result.complaints)")
    }

    /// From an internal network nobody else is asked, not even a server of its own; where nobody answers, that is said.
    @Test func others() throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; network create --internal two > /dev/null; ip addr add 192.0.2.53/32 dev lo
            run --rm --network two busybox nslookup -type=a outside.example 2>&1 | grep -c 'NXDOMAIN'
            run --rm --network two --dns 192.0.2.53 busybox nslookup -type=a outside.example 2>&1 | grep -c 'NXDOMAIN'
            run --rm --network one --dns 192.0.2.53 busybox nslookup -type=a outside.example 2>&1 | grep -c 'SERVFAIL'
            """)
        #expect(lines(result) == ["1", "1", "1"], "\(result.output)\(result.complaints)")
    }

    /// An answer that is too long for a packet reaches a container: whoever is told that it is cut off asks again over a connection, as the
    /// server of names does then. (`Tests/Probes/truncating-names.c`)
    @Test(.enabled(if: access("/usr/bin/gcc", X_OK) == 0, "needs gcc")) func longAnswers() throws {
        let result = try NetworkPlace.shell(
            """
            gcc -O1 -static -o names \(Repository.path("Tests/Probes/truncating-names.c")); ip addr add 192.0.2.53/32 dev lo
            ./names 192.0.2.53 > said & names=$!; until grep -q ready said; do kill -0 $names || exit 1; sleep 0.05; done
            run --rm --network bridge --dns 192.0.2.53 busybox ping -q -c 1 -W 1 long.example 2>&1 | grep -o '198.51.100.7' | head -1
            sort -u said; kill $names
            """)
        #expect(
            lines(result) == ["198.51.100.7", "connection", "packet", "ready"], "\(result.output)\(result.complaints)")
    }

    /// One that runs is found by its new name at once, and no longer by its former one.
    @Test func renamed() throws {
        let result = try NetworkPlace.shell(
            """
            start web --network bridge --network-alias www; start asker --network bridge; in1() { "$isolab" exec asker "$@"; }
            "$isolab" rename web shop; in1 timeout 3 wget -q -O - http://shop/; in1 timeout 3 wget -q -O - http://www/
            in1 ping -q -c 1 -W 1 web 2>&1 | grep -c 'bad address'; in1 nslookup $(address shop) | grep -c 'name = shop'
            """)
        #expect(lines(result) == ["web", "web", "1", "1"], "\(result.output)\(result.complaints)")
    }

    /// A server that is killed is started again by the next container, for those that are there as well.
    @Test func killedServer() throws {
        let result = try NetworkPlace.shell(
            """
            start web --network bridge; start asker --network bridge; "$isolab" exec asker timeout 3 wget -q -O - http://web/
            kill -9 $(pgrep -f "isolab-names $place/"); "$isolab" exec asker ping -q -c 1 -W 1 web 2>&1 | grep -c 'bad address'
            start new --network bridge; "$isolab" exec asker timeout 3 wget -q -O - http://new/; "$isolab" exec new timeout 3 wget -q -O - http://web/
            finish; pgrep -f "isolab-names $place/" | wc -l
            """)
        #expect(lines(result) == ["web", "1", "new", "web", "0"], "\(result.output)\(result.complaints)")
    }
}

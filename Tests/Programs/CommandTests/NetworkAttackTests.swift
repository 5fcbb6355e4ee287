import Glibc
import TestSupport
import Testing

/// What containers in networks, and neighbours of the host, try (docs/security.md, "Networks").
@Suite(.enabled(if: NetworkPlace.canRun, "\(NetworkPlace.reason)"))
struct NetworkAttackTests {
    private func lines(_ result: IsolabProgram.Result) -> [String] {
        result.output.split(separator: "\n").map(String.init)
    }

    /// A neighbour of the host, at 192.0.2.2 behind the host's 192.0.2.1, who serves `beyond`.
    private static let neighbour = """
        echo 1 > /proc/sys/net/ipv4/ip_forward; mount -t tmpfs none /run; mkdir -p /run/netns
        ip netns add beyond; ip link add o0 type veth peer name o1 netns beyond; ip addr add 192.0.2.1/24 dev o0; ip link set o0 up
        b() { ip netns exec beyond "$@"; }; b ip addr add 192.0.2.2/24 dev o1; b ip link set o1 up; b ip link set lo up
        mkdir w h; echo beyond > w/index.html; echo host > h/index.html
        ip netns exec beyond busybox httpd -f -h w & servers=$!; trap 'kill $servers; finish' EXIT
        for i in $(seq 100); do b grep -qs ':0050 ' /proc/net/tcp /proc/net/tcp6 && break; sleep 0.05; done

        """

    /// A port that is published at the host's loopback is the host's own: a neighbour who sends to 127.0.0.1 by way of the host is not led to
    /// the container. Naive: he is, as his packet's address is another one before the kernel looks whether it may arrive.
    @Test func portsOfTheLoopback() throws {
        let result = try NetworkPlace.shell(
            Self.neighbour + """
                start web --network bridge -p 127.0.0.1:8080:80; ask 127.0.0.1:8080
                b ip addr del 127.0.0.1/8 dev lo; b sh -c 'echo 1 > /proc/sys/net/ipv4/conf/o1/route_localnet'; b ip route add 127.0.0.0/8 via 192.0.2.1
                b timeout 2 busybox wget -q -O - http://127.0.0.1:8080/ 2> /dev/null || echo kept
                nft add table ip naive; nft add chain ip naive arriving '{ type nat hook prerouting priority -101; }'
                nft add rule ip naive arriving ip daddr 127.0.0.1 tcp dport 8080 dnat to $(address web):80
                b timeout 5 busybox wget -q -O - http://127.0.0.1:8080/
                """)
        #expect(lines(result) == ["web", "kept", "web"], "\(result.output)\(result.complaints)")
    }

    /// What the host serves at an address of its own is reached from every network, an internal one included, at the bridge's address; what
    /// it serves at its loopback is not.
    @Test func servicesOfTheHost() throws {
        let result = try NetworkPlace.shell(
            Self.neighbour + """
                busybox httpd -f -p 0.0.0.0:7000 -h h & servers="$servers $!"; busybox httpd -f -p 127.0.0.1:7001 -h h & servers="$servers $!"
                for i in $(seq 100); do busybox wget -q -O /dev/null http://127.0.0.1:7001/ && busybox wget -q -O /dev/null http://127.0.0.1:7000/ && break; sleep 0.05; done
                network create one > /dev/null; network create --internal two > /dev/null; start web --network one -p 8080:80
                gateway() { network inspect -f '{{(index .IPAM.Config 0).Gateway}}' $1; }
                run --rm --network one busybox timeout 9 wget -q -O - http://$(gateway one):7000/; run --rm --network one busybox timeout 9 wget -q -O - http://192.0.2.1:7000/
                run --rm --network two busybox timeout 9 wget -q -O - http://$(gateway two):7000/
                run --rm --network one --cap-add NET_ADMIN --sysctl net.ipv4.conf.all.route_localnet=1 busybox sh -c "
                    ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.0/8 via $(gateway one); timeout 2 wget -q -O - http://127.0.0.1:7001/ 2> /dev/null || echo apart"
                """)
        #expect(lines(result) == ["host", "host", "host", "apart"], "\(result.output)\(result.complaints)")
    }

    /// A cloud's metadata server, which the host reaches, is reached through it; from an internal network not, even by one that makes itself a
    /// route.
    @Test func metadata() throws {
        let result = try NetworkPlace.shell(
            Self.neighbour + """
                b ip addr add 169.254.169.254/32 dev o1; ip route add 169.254.169.254/32 via 192.0.2.2
                network create one > /dev/null; network create --internal two > /dev/null
                gateway=$(network inspect -f '{{(index .IPAM.Config 0).Gateway}}' two)
                run --rm --network one busybox timeout 9 wget -q -O - http://169.254.169.254/
                run --rm --network two --cap-add NET_ADMIN busybox sh -c "
                    ip route add default via $gateway; ping -q -c 1 -W 9 $gateway | grep -c '1 packets received'
                    for host in 169.254.169.254 192.0.2.2; do timeout 2 wget -q -O - http://\\$host/ 2> /dev/null || echo inside; done"
                """)
        #expect(lines(result) == ["beyond", "1", "inside", "inside"], "\(result.output)\(result.complaints)")
    }

    /// Containers of one network are not kept from each other: one that may change its devices speaks from any address of the network that
    /// is nobody's, and is believed. Across networks it is not.
    @Test func neighbours() throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; network create --subnet 10.9.0.0/24 two > /dev/null
            run -d --name thief --network one --cap-add NET_ADMIN busybox sh -c 'ip addr add 10.200.0.99/20 dev eth0; ip addr add 10.9.0.99/24 dev eth0
                mkdir /w; echo thief > /w/index.html; exec httpd -f -h /w' > /dev/null
            for i in $(seq 100); do "$isolab" exec thief grep -qs ':0050 ' /proc/net/tcp /proc/net/tcp6 && break; sleep 0.05; done
            run --rm --network one busybox timeout 9 wget -q -O - http://10.200.0.99/
            run --rm --network two busybox timeout 2 wget -q -O - http://10.9.0.99/ 2> /dev/null || echo apart; ask 10.9.0.99
            """)
        #expect(lines(result) == ["thief", "apart", "unreachable"], "\(result.output)\(result.complaints)")
    }

    /// Rules hold before anything of the first container is there, and its address is written down before them; where they cannot be had, it
    /// does not run, and nothing of it stays.
    @Test func rulesComeFirst() throws {
        let result = try NetworkPlace.shell(
            """
            cp /usr/sbin/nft real; (echo '#!/bin/sh'; echo "{ ip -o link | grep -c ' ve'; cat $place/own/networks/*/endpoints/*.json | grep -c 8080; } >> $place/seen"
                echo "exec $place/real \\"\\$@\\"") > wrapped; chmod +x wrapped; mount --bind wrapped /usr/sbin/nft
            network create one > /dev/null; run --rm --network one -p 8080:80 busybox true; head -2 seen
            umount /usr/sbin/nft; printf '#!/bin/sh\\nexit 1\\n' > failing; chmod +x failing; mount --bind failing /usr/sbin/nft
            network create two > /dev/null; run --rm --network two busybox echo ran 2>&1 | grep -c 'nft refuses'; ls own/networks/*/endpoints | grep -c json
            umount /usr/sbin/nft; run --rm --network two busybox echo ran
            """)
        #expect(lines(result) == ["0", "1", "1", "0", "ran"], "\(result.output)\(result.complaints)")
    }

    /// Only the server that was asked is believed, and only what answers the question: forged answers come earlier and are not taken. Naive:
    /// the first one is. (`Tests/Probes/forging-names.c`)
    @Test(.enabled(if: access("/usr/bin/gcc", X_OK) == 0, "needs gcc")) func forgedNames() throws {
        let result = try NetworkPlace.shell(
            """
            gcc -O1 -static -o names \(Repository.path("Tests/Probes/forging-names.c")); ip addr add 192.0.2.53/32 dev lo
            ./names 192.0.2.53 > said & names=$!; trap 'kill $names; finish' EXIT
            until grep -q ready said; do kill -0 $names || exit 1; sleep 0.05; done
            run --rm --network bridge --dns 192.0.2.53 busybox ping -q -c 1 -W 1 forged.example 2>&1 | grep -o '198[.]51[.]100[.][0-9]*' | sort -u
            grep -c asked said | grep -vc '^0$'
            """)
        #expect(lines(result) == ["198.51.100.7", "1"], "\(result.output)\(result.complaints)")
    }

    /// A container whose questions nobody answers, hundreds of them, does not keep the server of names from others.
    @Test func floodOfQuestions() throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; start web --network one; ip addr add 192.0.2.53/32 dev lo
            nft add table ip silent; nft add chain ip silent arriving '{ type filter hook input priority 0; }'; nft add rule ip silent arriving ip daddr 192.0.2.53 counter drop
            run -d --name flood --network one --dns 192.0.2.53 busybox sh -c 'for i in $(seq 300); do nslookup x$i.example > /dev/null 2>&1 & done; wait; sleep 1000' > /dev/null
            for i in $(seq 300); do nft list chain ip silent arriving | grep -q 'packets [1-9][0-9]' && break; sleep 0.1; done
            run --rm --network one busybox timeout 9 wget -q -O - http://web/
            """)
        #expect(lines(result) == ["web"], "\(result.output)\(result.complaints)")
    }
}

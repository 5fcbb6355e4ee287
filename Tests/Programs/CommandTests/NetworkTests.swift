import Testing

/// Networks from the command line, with real containers, devices and rules.
@Suite(.enabled(if: NetworkPlace.canRun, "\(NetworkPlace.reason)"))
struct NetworkTests {
    private func lines(_ result: IsolabProgram.Result) -> [String] {
        result.output.split(separator: "\n").map(String.init)
    }

    /// Containers in one network reach each other and the host, and are reached by it; across networks nothing is.
    @Test func reaching() throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; network create --subnet 10.9.0.0/24 two > /dev/null
            start web --network one; start other --network two
            run --rm --network one busybox timeout 3 wget -q -O - http://$(address web)/; ask $(address web); address other
            run --rm --network two busybox ping -q -c 1 -W 1 $(address web) > /dev/null 2>&1 || echo apart
            run --rm --network one busybox ping -q -c 1 -W 3 10.200.0.1 | grep -c '1 packets received'
            run --rm --network one busybox sh -c 'ip -o -4 addr show eth0 | tr -s " " | cut -d" " -f4; ip route | sed "s/ *$//"; hostname -i | grep -c 10.200'
            run --rm busybox sh -c 'ip -o link | wc -l'
            """)
        #expect(
            lines(result) == [
                "web", "web", "10.9.0.2", "apart", "1", "10.200.0.5/20", "default via 10.200.0.1 dev eth0",
                "10.200.0.0/20 dev eth0 scope link  src 10.200.0.5", "1", "1",
            ], "\(result.output)\(result.complaints)")
    }

    /// The host believes no router that a container plays (CVE-2020-13401). It speaks no IPv6 where the network has none, and neither do
    /// containers, which then believe no router either.
    @Test func routersInContainers() throws {
        let result = try NetworkPlace.shell(
            """
            network create --subnet 10.9.0.0/24 four > /dev/null; network create --ipv6 --subnet 10.8.0.0/24 --subnet fd00:5::/64 six > /dev/null
            start web --network four; start other --network six
            for network in four six; do
                bridge=$(network inspect -f '{{.Id}}' $network | cut -c 1-12)
                (cd /proc/sys/net/ipv6/conf/il$bridge && cat accept_ra accept_redirects disable_ipv6 | tr -d '\\n'; echo)
            done
            nft list ruleset | grep -c 'nd-redirect'
            for name in web other; do "$isolab" exec $name ip -o -6 addr show dev eth0 | grep -c . ; done
            """)
        #expect(lines(result) == ["001", "000", "1", "0", "2"], "\(result.output)\(result.complaints)")
    }

    /// Everything about it is told, and nothing is left when its last container has ended.
    @Test func management() throws {
        let result = try NetworkPlace.shell(
            """
            network create --label a=1 --internal --subnet 10.9.0.0/24 --ip-range 10.9.0.128/25 --gateway 10.9.0.9 -o mtu=1400 one | wc -c
            start web --network one --ip 10.9.0.77 --mac-address 02:01:02:03:04:05
            network inspect -f '{{.Internal}} {{(index .IPAM.Config 0).Subnet}} {{(index .IPAM.Config 0).Gateway}} {{len .Containers}}' one
            network ls -f label=a=1 --format '{{.Name}} {{.Driver}} {{.Subnets}} {{.Containers}}'
            "$isolab" inspect -f '{{.NetworkSettings.IPAddress}} {{.NetworkSettings.Gateway}} {{.NetworkSettings.MacAddress}} {{.HostConfig.NetworkMode}}' web
            "$isolab" exec web cat /sys/class/net/eth0/mtu; run --rm --network one busybox sh -c 'ip -o -4 addr show eth0 | tr -s " " | cut -d" " -f4; ip route | grep -c default'
            network rm one 2>&1 | grep -o 'in use by container web'; "$isolab" rm -f web > /dev/null
            network inspect -f '{{len .Containers}}' one; network rm one; network ls -q | wc -l; ip -o link | grep -c il || true
            nft list tables | wc -l
            """)
        #expect(
            lines(result) == [
                "65", "true 10.9.0.0/24 10.9.0.9 1", "one bridge 10.9.0.0/24 web",
                "10.9.0.77 10.9.0.9 02:01:02:03:04:05 one", "1400", "10.9.0.128/24", "0", "in use by container web",
                "0",
                "one", "0", "0", "0",
            ], "\(result.output)\(result.complaints)")
    }

    /// A container that runs gets a further network, by another name and address, and loses it again.
    @Test func connecting() throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; network create --subnet 10.9.0.0/24 two > /dev/null
            start web --network one; start far --network two
            network connect --ip 10.9.0.50 two web; address web 1; address web 2
            "$isolab" exec web timeout 3 wget -q -O - http://$(address far)/; run --rm --network two busybox timeout 3 wget -q -O - http://10.9.0.50/
            network connect two web 2>&1 | grep -c 'already'; network disconnect two web; address web 2
            "$isolab" exec web sh -c 'ip -o link | grep -c eth'; network disconnect two web 2>&1 | grep -c 'not in network'
            run --rm --network one --network name=two,ip=10.9.0.60 busybox sh -c 'ip -o -4 addr | grep -c eth; ip route | grep -c default'
            run --rm --network container:web busybox wget -q -O - http://127.0.0.1/
            """)
        #expect(
            lines(result) == ["10.200.0.2", "10.9.0.50", "far", "web", "1", "1", "1", "2", "1", "web"],
            "\(result.output)\(result.complaints)")
    }

    /// Ports of the host lead to containers: from the host by every address, from other containers, and from outside; what is taken
    /// is refused, and freed with the container.
    @Test func publishing() throws {
        let result = try NetworkPlace.shell(
            """
            echo 1 > /proc/sys/net/ipv4/ip_forward
            ip addr add 192.0.2.1/32 dev lo; ip addr add 192.0.2.2/32 dev lo
            start web -p 8080:80 -p 192.0.2.2:81:80 -p 9000-9001:80-81; start own -p 80
            ask 127.0.0.1:8080; ask 192.0.2.1:8080; ask 192.0.2.1:81; ask 192.0.2.2:81; ask 127.0.0.1:9000
            ask 127.0.0.1:$("$isolab" inspect -f '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}' own)
            "$isolab" exec own timeout 3 wget -q -O - http://192.0.2.1:8080/; "$isolab" exec web timeout 3 wget -q -O - http://192.0.2.1:8080/
            run --rm -p 8080:80 busybox true 2>&1 | grep -o 'port 8080/tcp of the host is in use'
            busybox nc -l -p 7777 > /dev/null & nc=$!; sleep 0.3; run --rm -p 7777:80 busybox true 2>&1 | grep -o 'port 7777/tcp of the host is in use'; kill $nc
            run --rm --network host -p 1:1 busybox true 2>&1 | grep -c 'needs a network'
            "$isolab" rm -f web > /dev/null; ask 127.0.0.1:8080; start again -p 8080:80; ask 127.0.0.1:8080
            run -d --name udp -p 5300:5353/udp busybox sleep 9 > /dev/null; nft list ruleset | grep -c 'udp . 5300'
            "$isolab" rm -f udp > /dev/null; nft list ruleset | grep -c 'udp . 5300'
            """)
        #expect(
            lines(result) == [
                "web", "web", "unreachable", "web", "web", "own", "web", "web",
                "port 8080/tcp of the host is in use", "port 7777/tcp of the host is in use", "1", "unreachable",
                "again", "1", "0",
            ],
            "\(result.output)\(result.complaints)"
        )
    }

    /// That nothing beyond the host is reached is said once after a boot, not by each command.
    @Test func forwardingIsToldOnce() throws {
        let result = try NetworkPlace.shell(
            """
            echo 0 > /proc/sys/net/ipv4/ip_forward; network create --internal inside > /dev/null; network create one > /dev/null
            for name in inside one one bridge; do run --rm --network $name busybox true 2>&1 | grep -c 'IP forwarding is off'; done
            """)
        #expect(lines(result) == ["0", "1", "0", "0"], "\(result.output)\(result.complaints)")
    }

    /// What lies beyond the host is reached by the host's address alone; nothing there reaches a container, except by a published
    /// port; an internal network reaches nothing.
    @Test func beyond() throws {
        let result = try NetworkPlace.shell(
            """
            echo 1 > /proc/sys/net/ipv4/ip_forward; mount -t tmpfs none /run; mkdir -p /run/netns
            ip netns add beyond; ip link add o0 type veth peer name o1 netns beyond; ip addr add 192.0.2.1/24 dev o0; ip link set o0 up
            b() { ip netns exec beyond "$@"; }; b ip addr add 192.0.2.2/24 dev o1; b ip link set o1 up; b ip link set lo up
            mkdir w; echo beyond > w/index.html; b busybox httpd -h w; b ip route add 10.200.0.0/16 via 192.0.2.1
            network create one > /dev/null; network create --internal two > /dev/null; start web --network one -p 8080:80
            run --rm --network one busybox timeout 3 wget -q -O - http://192.0.2.2/
            run --rm --network two busybox timeout 1 wget -q -O - http://192.0.2.2/ > /dev/null 2>&1 || echo inside
            b timeout 1 busybox wget -q -O - http://$(address web)/ > /dev/null 2>&1 || echo kept; b timeout 3 busybox wget -q -O - http://192.0.2.1:8080/
            """)
        #expect(
            lines(result) == ["beyond", "inside", "kept", "web"], "\(result.output)\(result.complaints)")
    }

    /// A container that may change its own network cannot speak from another's address to the host, nor reach the host's loopback.
    @Test func spoofing() throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; run --rm --network one -p 8080:80 busybox true
            run --rm --network one --cap-add NET_ADMIN busybox sh -c '
                ip addr add 10.77.0.1/32 dev eth0; ping -q -c 1 -W 1 -I 10.77.0.1 10.200.0.1 > /dev/null 2>&1 || echo refused
                ping -q -c 1 -W 3 10.200.0.1 | grep -c "1 packets received"; ip route add 127.0.0.0/8 via 10.200.0.1 2> /dev/null
                ip addr del 127.0.0.1/8 dev lo; ping -q -c 1 -W 1 127.0.0.1 > /dev/null 2>&1 || echo apart'
            """)
        #expect(lines(result) == ["refused", "1", "apart"], "\(result.output)\(result.complaints)")
    }

    /// Both families, from a network of both.
    @Test func sixes() throws {
        let result = try NetworkPlace.shell(
            """
            network create --ipv6 --subnet fd00:9::/64 six > /dev/null; start web --network six --ip6 fd00:9::80 -p 0.0.0.0:8081:80 -p '[::]:8081:80'
            "$isolab" port web; ask 127.0.0.1:8081; timeout 3 busybox wget -q -O - 'http://[fd00:9::1]:8081/'
            run --rm --network six busybox sh -c 'ping -6 -q -c 1 -W 3 fd00:9::80 | grep -c "1 packets received"; ip -6 route | grep -c default'
            run --rm --network six busybox timeout 3 wget -q -O - 'http://[fd00:9::80]/'; timeout 3 busybox wget -q -O - 'http://[fd00:9::80]/'
            """)
        #expect(
            lines(result) == [
                "80/tcp -> 0.0.0.0:8081", "80/tcp -> [::]:8081", "web", "web", "1", "1", "web", "web",
            ], "\(result.output)\(result.complaints)")
    }

    /// Ports of a family that leads nowhere are told, and refused at once.
    @Test func portsThatLeadNowhere() throws {
        let result = try NetworkPlace.shell(
            """
            run --name web --network bridge -p 0.0.0.0:8081:80 -p '[::]:8081:80' -p '[::1]:8082:80' busybox sleep 100 2> said & pid=$!
            until "$isolab" port web 2> /dev/null | grep -q 8082; do kill -0 $pid || exit 1; sleep 0.05; done
            grep -c 'port [[]::[]]:8081.*family' said; grep -c 'port [[]::1[]]:8082.*127.0.0.1' said
            timeout 30 busybox wget -q -O - 'http://[::1]:8081/' 2>&1 | grep -c refused
            "$isolab" rm -f web > /dev/null; wait $pid
            """)
        #expect(lines(result) == ["1", "1", "1"], "\(result.output)\(result.complaints)")
    }

    /// Devices of their own on one of the host's.
    @Test func macvlan() throws {
        let result = try NetworkPlace.shell(
            """
            ip link add p0 type veth peer name p1; ip link set p0 up; ip link set p1 up; ip addr add 10.50.0.1/24 dev p1
            network create -d macvlan mac 2>&1 | grep -c 'parent'
            network create -d macvlan -o parent=p0 --subnet 10.50.0.0/24 --ip-range 10.50.0.128/25 --gateway 10.50.0.1 mac > /dev/null
            start web --network mac; address web; ask 10.50.0.128
            run --rm --network mac busybox sh -c 'timeout 3 wget -q -O - http://10.50.0.128/; ip route | grep -c "default via 10.50.0.1"'
            run --rm --network mac -p 1:1 busybox true 2>&1 | grep -c 'publishes no ports'
            """)
        #expect(
            lines(result) == ["1", "10.50.0.128", "web", "web", "1", "1"], "\(result.output)\(result.complaints)")
    }

    /// Fifty at once: each has an address of its own, and all are free again.
    @Test func many() throws {
        let result = try NetworkPlace.shell(
            """
            for i in $(seq 50); do run --rm --network bridge busybox sh -c 'ip -o -4 addr show eth0 | tr -s " " | cut -d" " -f4; sleep 1' > got-$i 2> said-$i & done
            wait; cat got-* | sort | uniq | wc -l; cat said-* | grep -v 'IP forwarding' | head -3
            network inspect -f '{{len .Containers}} {{.Device}}' bridge
            """)
        #expect(lines(result).first == "50", "\(result.output)\(result.complaints)")
        #expect(lines(result).dropFirst().first?.hasPrefix("0 isolab0") == true, "\(result.output)\(result.complaints)")
    }

    /// Names and addresses that `run` was told of are there.
    @Test func files() throws {
        let result = try NetworkPlace.shell(
            """
            run --rm --network bridge --add-host db:10.1.2.3 --hostname me busybox sh -c 'grep -c "10.1.2.3.db" /etc/hosts; grep -c "10.200.0.[0-9]*.me$" /etc/hosts'
            run --rm --network bridge --dns 192.0.2.53 --dns-search example.org busybox grep -c example.org /etc/resolv.conf
            """)
        #expect(lines(result) == ["1", "1", "1"], "\(result.output)\(result.complaints)")
    }

    @Test(arguments: [
        ("run --rm --network nothing-here busybox true", "no network 'nothing-here'"),
        ("run --rm --network none --network bridge busybox true", "conflicts"),
        ("run --rm --ip 10.0.0.1 busybox true", "needs a network"),
        ("run --rm --network bridge --ip 10.0.0.1 busybox true", "10.200.0.0/20"),
        ("run --rm --network bridge --ip fd00::1 busybox true", "IPv4"),
        ("run --rm --network pasta busybox true", "not supported"),
        ("run --rm -p 99999:1 busybox true", "1 to 65535"), ("run --rm -p 1:1/sctp busybox true", "SCTP"),
        ("run --rm --vm --network host busybox true", "guest"),
        ("network create --subnet 10.0.0.1/8 n1", "--subnet"), ("network create --subnet 127.0.0.0/8 n1", "route"),
        ("network create --gateway 10.0.0.1 n1", "--gateway"), ("network create -d overlay n1", "bridge"),
        ("network create bridge2 -o x=y", "mtu, parent"), ("network create none", "taken"),
        ("network rm nothing-here", "nothing-here"), ("network connect bridge nothing-here", "nothing-here"),
        ("run --rm --network container:nothing-here busybox true", "nothing-here"),
    ])
    func refusals(command: String, word: String) throws {
        let result = try NetworkPlace.shell(
            "\"$isolab\" \(command); echo \"status $?\"; ls own/networks/*/endpoints 2> /dev/null | wc -l")
        #expect(result.complaints.contains(word), "\(result.output)\(result.complaints)")
        #expect(!result.output.contains("status 0") && result.output.hasSuffix("\n0\n"), "\(result.output)")
    }
}

import TestSupport
import Testing

/// Containers that are put into networks and taken out by hand, and what is told of it.
@Suite(.enabled(if: NetworkPlace.canRun, "\(NetworkPlace.reason)"))
struct NetworkConnectionTests {
    private func lines(_ result: IsolabProgram.Result) -> [String] {
        result.output.split(separator: "\n").map(String.init)
    }

    /// A container is in them whenever it runs, also one that was connected before it did, until it is taken out. Naive: with its next start
    /// it is where `run` put it.
    @Test func staying() throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; network create --subnet 10.9.0.0/24 two > /dev/null
            run -d --name web --network one busybox sleep 1000 > /dev/null; network connect --ip 10.9.0.50 --alias far two web
            "$isolab" restart -t 0 web > /dev/null; address web 2; run --rm --network two busybox ping -q -c 1 -W 3 far | grep -c '1 packets received'
            "$isolab" stop -t 0 web > /dev/null; network connect two web 2>&1 | grep -c 'already'; network disconnect -f two web; network disconnect two web 2>&1 | grep -c 'not in network'
            network connect --ip 10.7.0.1 two web 2>&1 | grep -c '10.9.0.0/24'; network connect nothing-here web 2>&1 | grep -c 'no network'
            network connect --ip 10.9.0.60 two web; "$isolab" start web > /dev/null; address web 2
            "$isolab" create --name new --network one busybox sleep 1000 > /dev/null; network connect --ip 10.9.0.70 two new; "$isolab" start new > /dev/null; address new 2
            network disconnect two new; "$isolab" restart -t 0 new > /dev/null; "$isolab" exec new sh -c 'ip -o link | grep -c eth'
            run -d --name lone busybox sleep 1000 > /dev/null; "$isolab" stop -t 0 lone > /dev/null; network connect two lone 2>&1 | grep -c 'has no network'
            """)
        #expect(
            lines(result) == ["10.9.0.50", "1", "1", "1", "1", "1", "10.9.0.60", "10.9.0.70", "1", "1"],
            "\(result.output)\(result.complaints)")
    }

    /// Ports are published in whichever network a container is, once; a free one that was chosen is chosen again with its next start.
    @Test func ports() throws {
        let result = try NetworkPlace.shell(
            """
            echo 1 > /proc/sys/net/ipv4/ip_forward; network create one > /dev/null; network create two > /dev/null; network create --internal in > /dev/null
            start web --network one -p 8080:80; ask 127.0.0.1:8080; network disconnect one web; ask 127.0.0.1:8080
            network connect in web; ask 127.0.0.1:8080; network connect two web; ask 127.0.0.1:8080
            "$isolab" port web | cut -d: -f2; network connect one web; ask 127.0.0.1:8080; "$isolab" port web | grep -c 0.0.0.0
            network disconnect two web; network disconnect one web; network connect one web; ask 127.0.0.1:8080
            start own --network one -p 80; network disconnect one own; network connect one own 2>&1 | grep -c 'port 80/tcp of container own is published again'
            """)
        #expect(
            lines(result) == [
                "web", "unreachable", "unreachable", "web", "8080", "web", "1", "web", "1",
            ], "\(result.output)\(result.complaints)")
    }

    /// A container in the foreground keeps the name and the networks that it was given meanwhile.
    @Test func foreground() throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; network create two > /dev/null
            run --name web --network one busybox sh -c 'while [ ! -e /end ]; do sleep 0.1; done' 2> /dev/null & pid=$!
            until "$isolab" exec web true 2> /dev/null; do kill -0 $pid || exit 1; sleep 0.1; done
            "$isolab" rename web shop; network connect two shop; "$isolab" exec shop touch /end; wait $pid
            "$isolab" ps -a --format '{{.Names}} {{.Status}}' | cut -d' ' -f1,2; network rm two 2>&1 | grep -o 'in use by container shop'
            """)
        #expect(
            lines(result) == ["shop Exited", "in use by container shop"], "\(result.output)\(result.complaints)")
    }

    /// What Docker's clients read of networks.
    @Test func fields() throws {
        let result = try NetworkPlace.shell(
            """
            network create --label a=1 --subnet 10.9.0.0/24 --ip-range 10.9.0.128/25 --gateway 10.9.0.9 -o mtu=1400 one > /dev/null; network create two > /dev/null
            run -d --name web --network one --network-alias www --ip 10.9.0.77 busybox sleep 1000 > /dev/null; show() { network inspect -f "$1" one; }
            show '{{json .IPAM}}'; show '{{json .Options}} {{json .Labels}} {{.Internal}} {{.Attachable}} {{.Ingress}} {{.ConfigOnly}} {{json .ConfigFrom}} {{.EnableIPv6}} {{.Scope}}'
            show '{{range .Containers}}{{.Name}} {{.IPv4Address}} {{.IPv6Address}}-{{len .EndpointID}} {{.EndpointID}}{{end}}' | sed 's/ [^ ]*$//'
            [ "$(show '{{range .Containers}}{{.EndpointID}}{{end}}')" = "$("$isolab" inspect -f '{{.NetworkSettings.Networks.one.EndpointID}}' web)" ] && echo same
            "$isolab" inspect -f '{{json .NetworkSettings.Networks.one.DNSNames}}' web | grep -c '^."web","www","[0-9a-f]*".$'
            network ls -q -f dangling=true | wc -l; network ls -f dangling=false --format '{{.Name}} {{.IPv4}} {{.IPv6}}'; network ls -q -f type=custom -f scope=local | wc -l
            network ls -f type=other 2>&1 | grep -c 'builtin, custom'
            """)
        #expect(
            lines(result) == [
                #"{"Driver":"default","Options":{},"Config":[{"Subnet":"10.9.0.0/24","IPRange":"10.9.0.128/25","Gateway":"10.9.0.9"}]}"#,
                #"{"com.docker.network.driver.mtu":"1400"} {"a":"1"} false false false false {"Network":""} false local"#,
                "web 10.9.0.77/24 -64", "same", "1", "1", "one true false", "2", "1",
            ], "\(result.output)\(result.complaints)")
    }
}

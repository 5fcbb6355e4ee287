import Glibc
import Linux
import TestSupport
import Testing

/// Containers in networks that are killed at random instants: no address, device or rule stays.
@Suite(.serialized, .enabled(if: NetworkPlace.canRun, "\(NetworkPlace.reason)"))
struct NetworkMisfortuneTests {
    /// `kill -9` of `isolab run`: the next command frees what it had, and the one after has the same ports.
    @Test func killed() throws {
        let place = try Place()
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; run --rm --network one -p 8080:80 busybox true
            for i in $(seq 25); do
                "$isolab" run --rm --network one --network bridge -p 8080:80 busybox sleep 5 > /dev/null 2> said & pid=$!
                # From the beginning of the command to long after its container runs.
                busybox usleep $((i * i * 700)); kill -9 $pid; wait $pid 2> /dev/null
                "$isolab" ps -aq | grep . && echo "left after $i"
                grep -v 'forwarding' said
                ls own/networks/*/endpoints | grep json && echo "records left after $i"
                grep -c 'tcp . 8080' own/networks/rules | grep -v '^0$' && echo "rules left after $i"
            done
            "$isolab" ps -a > /dev/null
            # Devices go with their namespaces, which the kernel does behind our back.
            for i in $(seq 50); do ip -o link | grep -q ' ve' || break; sleep 0.1; done; ip -o link | grep ' ve'
            start last --network one -p 8080:80; ask 127.0.0.1:8080
            ls own/networks | grep -v '^[0-9a-f]*$' | grep -v forwarding | sort | tr '\\n' ' '
            """, in: place)
        #expect(result.output == "last\nlock rules ", "\(result.output)\(result.complaints)")
    }

    /// `kill -9` of what makes and removes networks: one is whole or not there.
    @Test func killedManagement() throws {
        let result = try NetworkPlace.shell(
            """
            for i in $(seq 20); do
                "$isolab" network create --subnet 10.9.0.0/24 one > /dev/null 2>&1 & pid=$!; busybox usleep $((i * 700)); kill -9 $pid 2> /dev/null; wait $pid 2> /dev/null
                network create --subnet 10.9.0.0/24 one > /dev/null 2>&1; run --rm --network one busybox true 2>&1 | grep -v forwarding
                "$isolab" network rm one > /dev/null 2>&1 & pid=$!; busybox usleep $((i * 700)); kill -9 $pid 2> /dev/null; wait $pid 2> /dev/null
                network rm -f one > /dev/null; network ls -q | grep . && echo "left after $i"
            done
            ls own/networks | grep -v forwarding | sort | tr '\\n' ' '; ip -o link | grep -c ' il'; nft list tables | wc -l
            """)
        #expect(
            result.output == "lock rules 0\n1\n" || result.output == "lock 0\n0\n",
            "\(result.output)\(result.complaints)")
    }
}

import TestSupport
import Testing

/// Builds whose commands are in a network.
@Suite(.enabled(if: NetworkPlace.canRun, "\(NetworkPlace.reason)"))
struct BuildNetworkTests {
    private func lines(_ result: IsolabProgram.Result) -> [String] {
        result.output.split(separator: "\n").map(String.init)
    }

    /// RUN finds containers by name, unless it says that it has no network; of its place nothing is left.
    @Test func reaching() throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; start web --network one; mkdir c; cd c
            printf 'FROM busybox\\nRUN timeout 9 wget -q -O /got http://web/\\n' > Containerfile
            printf 'RUN hostname -i > /address; grep -c 10.200.0 /etc/hosts > /hosts\\nRUN --network=none ip -o link | wc -l > /links\\n' >> Containerfile
            image=$("$isolab" build -q --network one .); run --rm $image sh -c 'cat /got /address /hosts /links; cat /etc/resolv.conf 2> /dev/null | wc -c'
            network inspect -f '{{len .Containers}}' one; ls ../own/containers/live | wc -l
            for i in $(seq 50); do [ "$(ip -o link | grep -c ' ve')" = 1 ] && break; sleep 0.1; done; ip -o link | grep -c ' ve'
            """)
        #expect(
            lines(result) == ["web", "10.200.0.4", "1", "1", "0", "1", "1", "1"],
            "\(result.output)\(result.complaints)")
    }

    /// What a Containerfile asks for beyond what the build was given is refused, and so is a network that nobody knows.
    @Test(arguments: [
        ("RUN --network=host true", "one", "--network host"),
        ("ADD http://192.0.2.1/x /", "inside", "no network that leads"),
        ("RUN true", "nothing-here", "no network 'nothing-here'"),
        ("RUN true", "container:web", "none, host or a network"),
        ("RUN echo Network is unreachable; exit 7", "none", "--network bridge"),
    ])
    func refusals(instruction: String, network: String, words: String) throws {
        let result = try NetworkPlace.shell(
            """
            network create one > /dev/null; network create --internal inside > /dev/null
            printf 'FROM busybox\\n\(instruction)\\n' | "$isolab" build -q --network \(network) -; echo "status $?"
            ls own/networks/*/endpoints | grep -c json
            """)
        #expect(result.complaints.contains(words), "\(result.output)\(result.complaints)")
        #expect(!result.output.contains("status 0") && result.output.hasSuffix("\n0\n"), "\(result.output)")
    }

    /// `kill -9` of a build: the next command frees what its command had.
    @Test func killed() throws {
        let result = try NetworkPlace.shell(
            """
            printf 'FROM busybox\\nRUN sleep 1000\\n' > Containerfile; "$isolab" build -q --network bridge . > /dev/null 2>&1 & build=$!
            until ls own/networks/*/endpoints 2> /dev/null | grep -q json; do kill -0 $build || exit 1; sleep 0.05; done
            kill -9 $build; wait $build 2> /dev/null; "$isolab" ps -a > /dev/null 2>&1
            ls own/networks/*/endpoints | grep -c json; ls own/containers/live | wc -l; ls own/images/builds | grep -vc '^caches*$'
            run --rm --network bridge busybox hostname -i
            """)
        #expect(lines(result) == ["0", "0", "0", "10.200.0.3"], "\(result.output)\(result.complaints)")
    }
}

import Testing

/// `isolab events`: what commands write down of what they do.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct EventCommandTests {
    private func lines(_ result: IsolabProgram.Result) -> [String] {
        result.output.split(separator: "\n").map(String.init)
    }

    private func shell(_ script: String) throws -> IsolabProgram.Result {
        try EnginePlace.shell(
            """
            export ISOLAB_DATA="$place/own"; "$isolab" image bootstrap busybox > /dev/null; since=$(date +%s)
            told() { "$isolab" events --since $since --until 0s "$@"; }
            \(script)
            """)
    }

    /// The life of containers, in the foreground and in the background, each step once.
    @Test func containers() throws {
        let result = try shell(
            """
            "$isolab" run --name one busybox sh -c 'exit 3'; "$isolab" rm one > /dev/null; "$isolab" run --rm --name two busybox true
            "$isolab" run -d --name three -l a=b busybox sleep 1000 > /dev/null; "$isolab" pause three > /dev/null
            "$isolab" unpause three > /dev/null; "$isolab" rename three four; "$isolab" stop -t 0 four > /dev/null; "$isolab" rm four > /dev/null
            told -f type=container --format '{{.Action}} {{.Actor.Attributes.name}}' | tr '\\n' ','; echo
            told -f event=die --format '{{.Actor.Attributes.exitCode}}' | tr '\\n' ','; echo
            told -f label=a=b -f event=start --format '{{.Actor.Attributes.a}} {{.From}}'; told -f container=two -f event=create | grep -c 'Z container create [0-9a-f]* (.*image=busybox.*name=two'
            told -f event=destroy --format json | grep -c '"Type":"container","Action":"destroy"'
            """)
        #expect(
            lines(result) == [
                "create one,start one,die one,destroy one,create two,start two,die two,destroy two,"
                    + "create three,start three,pause three,unpause three,rename four,die four,stop four,destroy four,",
                "3,0,137,", "b busybox", "1", "3",
            ], "\(result.output)\(result.complaints)")
    }

    /// Those of images and volumes; what a killed command left is written down by the next one.
    @Test func others() throws {
        let result = try shell(
            """
            "$isolab" tag busybox again; "$isolab" rmi again > /dev/null; v=$("$isolab" volume create data); "$isolab" run --rm -v new:/x busybox true
            "$isolab" volume rm data new > /dev/null
            told -f type=image -f type=volume --format '{{.Type}} {{.Action}}' | tr '\\n' ','; echo
            (exec "$isolab" run --rm --name gone busybox sleep 1000) & run=$!
            until "$isolab" exec gone true 2> none; do sleep 0.1; done
            kill -9 $run; wait $run 2> none; "$isolab" ps -a -q 2> none
            told -f container=gone --format '{{.Action}}' | tr '\\n' ','; echo
            """)
        #expect(
            lines(result) == [
                "image tag,image untag,volume create,volume create,volume destroy,volume destroy,",
                "create,start,die,destroy,",
            ], "\(result.output)\(result.complaints)")
    }

    /// Whoever watches sees what happens from then on, as it happens.
    @Test func watching() throws {
        let result = try shell(
            """
            "$isolab" volume create before > /dev/null; "$isolab" events > seen & watcher=$!
            until [ -s seen ]; do "$isolab" volume create > /dev/null; sleep 0.1; done
            "$isolab" run --rm --name watched busybox true; until grep -q 'container destroy' seen; do sleep 0.1; done
            kill $watcher; wait $watcher 2> none; grep -c 'volume create before' seen; grep -c name=watched seen
            "$isolab" events --until 1s -f event=nosuch; echo $?; "$isolab" events -f type=pod; echo $?
            """)
        #expect(lines(result) == ["0", "4", "0", "2"], "\(result.output)\(result.complaints)")
    }
}

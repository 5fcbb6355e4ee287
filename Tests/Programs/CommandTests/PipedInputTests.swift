import TestSupport
import Testing

/// What comes by pipes, and what goes out by logs and events.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct PipedInputTests {
    /// What a shell makes of `<(…)`, and standard input by its name, are read as files are; a FIFO that nobody writes is refused still.
    @Test func pipes() throws {
        let result = try EnginePlace.shell(
            """
            cat > script <<'END'
            echo P=1 | "$isolab" run --rm --env-file /dev/stdin busybox sh -c 'echo $P'
            "$isolab" run --rm --env-file <(echo P=2) busybox sh -c 'echo $P'
            "$isolab" run --rm --label-file <(echo a=b) busybox echo labelled
            "$isolab" run --rm --security-opt seccomp=<(echo '{"defaultAction":"SCMP_ACT_ALLOW"}') busybox echo filtered
            mkdir c; printf 'FROM busybox\nRUN --mount=type=secret,id=s1 cat /run/secrets/s1 > /s\n' > c/Containerfile
            "$isolab" run --rm $("$isolab" build -q --no-cache --secret id=s1,src=<(echo hidden) c) cat /s
            "$isolab" run --rm $("$isolab" build -q -f <(printf 'FROM busybox\nRUN echo built > /b\n') c) cat /b
            mkfifo silent; timeout 30 "$isolab" run --rm --env-file silent busybox true 2> /dev/null; echo "status $?"
            END
            bash script
            """)
        #expect(
            result.output == "1\n2\nlabelled\nfiltered\nhidden\nbuilt\nstatus 125\n",
            "\(result.output)\(result.complaints)")
    }

    /// A line with a NUL in it is a line.
    @Test func nulInLogs() throws {
        let result = try EnginePlace.shell(
            #"""
            "$isolab" run -d --name nul-$$ busybox sh -c 'echo before; printf "x\000y\n"; echo after' > /dev/null
            "$isolab" wait nul-$$ > /dev/null; "$isolab" logs nul-$$ | tr '\0' 0
            "$isolab" logs --tail 2 nul-$$ | tr '\0' 0; "$isolab" rm nul-$$ > /dev/null
            """#)
        #expect(result.output == "before\nx0y\nafter\nx0y\nafter\n", "\(result.output)\(result.complaints)")
    }

    /// Attributes of an event are whoever's they are: one that is not among them has no value, and ends no watch.
    @Test func attributesOfEvents() throws {
        let result = try EnginePlace.shell(
            """
            since=$(date +%s); v=$("$isolab" volume create); "$isolab" volume rm $v > /dev/null
            "$isolab" events --since $since --until 0s --filter volume=$v \\
                --format '{{.Action}} {{.Actor.Attributes.nothing}} {{with .Actor.Attributes.image}}{{.}}{{end}}'
            echo "status $?"
            """)
        #expect(
            result.output.hasSuffix("status 0\n") && result.output.contains("create <no value> \n"),
            "\(result.output)\(result.complaints)")
    }

    /// A container in another's network finds itself by its own name.
    @Test func nameInAnothersNetwork() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run -d --name lender-$$ busybox sleep 1000 > /dev/null
            "$isolab" run --rm --hostname borrower --network container:lender-$$ busybox sh -c 'ping -c 1 borrower > /dev/null && hostname'
            "$isolab" rm -f lender-$$ > /dev/null
            """)
        #expect(result.output == "borrower\n", "\(result.output)\(result.complaints)")
    }

    /// A build ends by the signal that it is sent, also while it packs what takes hours.
    @Test func endlessLayer() throws {
        let result = try EnginePlace.shell(
            """
            truncate -s 1000G big; printf 'FROM scratch\nCOPY big /big\n' > Containerfile
            "$isolab" build --no-cache . > said 2>&1 & build=$!
            (sleep 300; kill -9 $build) > /dev/null 2>&1 & guard=$!
            for i in $(seq 600); do grep -q 'STEP 2' said && break; sleep 0.1; done
            sleep 1; kill -TERM $build; wait $build; echo "status $?"; kill $guard
            """)
        #expect(result.output == "status 143\n", "\(result.output)\(result.complaints)")
    }
}

import Glibc
import Testing

/// Images that are not here come from a registry when they are needed, as docker's and podman's do.
@Suite(
    .enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"),
    .enabled(if: access("\(IsolabProgram.directory)/isolab-registry", X_OK) == 0, "needs isolab-registry"))
struct PullingTests {
    /// A registry with an image of two tags, `$at/one:1` and `$at/two:1`, and a store that has neither; `pulls` counts what was asked of
    /// the registry's manifests.
    private static func shell(_ line: String) throws -> IsolabProgram.Result {
        try EnginePlace.shell(
            """
            "$(dirname "$isolab")/isolab-registry" serve --listen 127.0.0.1:0 --root registry > address 2> requests & server=$!
            until [ -s address ]; do kill -0 $server || exit 9; sleep 0.05; done
            at=$(grep -o '127.0.0.1:[0-9]*' address | head -1)
            for name in one two; do "$isolab" tag busybox $at/$name:1; "$isolab" push -q $at/$name:1 > pushed
            "$isolab" rmi $at/$name:1 > removed; done
            export ISOLAB_DATA="$place/own"; mkdir c
            here() { "$isolab" images --format '{{.Repository}}' | grep -v none | sed 's,.*/,,' | sort | tr '\\n' ' '; echo; }
            \(line)
            kill $server; wait $server 2> none; true
            """)
    }

    /// A base and an image that is copied from are pulled if they are missing, and not if they are here; `--pull` alone, with when, and
    /// docker's yes and no.
    @Test func build() throws {
        let result = try Self.shell(
            """
            printf 'FROM %s/one:1 AS a\\nFROM %s/one:1\\nCOPY --from=%s/two:1 /bin/busybox /copied\\n' $at $at $at > c/Containerfile
            build() { "$isolab" build -q "$@" c > built 2> said; echo "$? $(grep -c 'Unable to find' said)"; }
            build --pull=never; here; build; here
            build --pull=missing; build --pull=false; build --pull=never; build --pull; build --pull=always; build --pull=true
            "$isolab" rmi -f $at/one:1 > removed; "$isolab" build c 2>&1 | grep -o "Unable to find image '.*one:1' locally" | sed 's,[0-9.]*:[0-9]*/,,'
            here; kill $server; wait $server 2> none
            build; build --pull; grep -o "could not be pulled; --pull missing" said
            """)
        #expect(
            result.output == """
                1 0

                0 0
                one two 
                0 0
                0 0
                0 0
                0 0
                0 0
                0 0
                Unable to find image 'one:1' locally
                one two 
                0 0
                1 0
                could not be pulled; --pull missing

                """, "\(result.output)\(result.complaints)")
    }

    /// `run` does the same; what it tells of a pull is on standard error, and the container's output is alone.
    @Test func run() throws {
        let result = try Self.shell(
            """
            run() { "$isolab" run --rm "$@" 2> said; echo "$?"; }
            run --pull never $at/one:1 echo no; run $at/one:1 echo yes; grep -c 'Unable to find' said; here
            run --pull always -q $at/one:1 echo again; wc -c < said
            run $at/none:1 true; grep -o "could not be pulled; check its name and the network" said
            run --authfile none.json --insecure-registry $at --cert-dir none $at/two:1 echo two; here
            """)
        #expect(
            result.output == """
                125
                yes
                0
                1
                one 
                again
                0
                0
                125
                could not be pulled; check its name and the network
                two
                0
                one two 

                """, "\(result.output)\(result.complaints)")
    }
}

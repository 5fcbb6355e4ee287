import Glibc
import Linux
import Testing

/// isolab-runtime in the hands of an ordinary user, and of root of a user namespace that is there already.
@Suite(.enabled(if: OrdinaryUser.canBecome, "\(OrdinaryUser.reason)"))
struct RootlessTests {
    /// Runs a shell script as that user, with a bundle of busybox in `$bundle` and `$runtime` for the program.
    ///
    /// - Parameter preparation: what root does before.
    private func run(_ script: String, preparation: String = ":") throws -> IsolabProgram.Result {
        try OrdinaryUser.shell(
            """
            export bundle=$place/bundle runtime=${isolab}-runtime
            id=rootless-$$
            cd $bundle
            \(script)
            """, in: try Place(),
            preparation: """
                mkdir -p bundle/rootfs/bin bundle/rootfs/proc bundle/rootfs/dev bundle/rootfs/sys
                cp /bin/busybox bundle/rootfs/bin/
                for name in sh cat echo id sleep touch grep; do ln -s busybox bundle/rootfs/bin/$name; done
                chown -R \(OrdinaryUser.number):\(OrdinaryUser.number) bundle
                \(preparation)
                """)
    }

    /// The document `spec --rootless` writes runs as it is: root inside is the user outside, and no other id is there.
    @Test func ownIdentity() throws {
        let result = try run(
            """
            $runtime spec --rootless
            sed -i 's/"terminal": true/"terminal": false/; s/"sh"$/"sh","-c","id -u; cat \\/proc\\/self\\/uid_map"/' config.json
            $runtime run $id-one
            $runtime list -q
            """)
        #expect(result.status == 0, "\(result.complaints)")
        let words = result.output.split { $0 == " " || $0 == "\n" }.map(String.init)
        #expect(words == ["0", "0", "\(OrdinaryUser.number)", "1"], "\(result.output)")
        #expect(result.complaints.contains("no cgroup: this user may not create one"))
    }

    /// Cgroups of root's with the container's name are none of the user's: he has a container without, as anywhere where he may make none.
    /// So it is where processes are in them. Naive: the container fails, for it takes them.
    @Test(arguments: [false, true]) func cgroupsOfRootsWithItsName(inhabited: Bool) throws {
        let id = "taken-\(getpid())-\(inhabited)"
        let places = try CgroupLayout.detect().hierarchies.map { "\($0.mountPoint)/\(Cgroup.base)/\(id)" }
        defer { for place in places { rmdir(place) } }
        let result = try run(
            """
            $runtime spec --rootless
            sed -i 's/"terminal": true/"terminal": false/; s/"sh"$/"sh","-c","echo ran"/' config.json
            $runtime run \(id) || echo "status $?"
            $runtime list -q
            """,
            preparation: """
                for one in \(places.joined(separator: " ")); do mkdir -p $one; done
                \(inhabited ? "sleep 1000 & sleeper=$!" : ":")
                for one in \(places.joined(separator: " ")); do
                    \(inhabited ? "echo $sleeper > $one/cgroup.procs || true" : ":")
                done 2> /dev/null
                """)
        for place in places { #expect(SystemFile.exists(place)) }
        for pid in Set(places.flatMap { ((try? SystemFile.read($0 + "/cgroup.procs")) ?? "").split(separator: "\n") }) {
            _ = Int32(pid).map { kill($0, SIGKILL) }
        }
        usleep(100_000)
        #expect(result.output == "ran\n", "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("no cgroup: this user may not create one"), "\(result.complaints)")
    }

    /// With subordinate ids newuidmap and newgidmap map a range; a joining process is who it is asked to be.
    @Test(.enabled(if: OrdinaryUser.hasHelpers, "the package uidmap is not installed"))
    func subordinateIdentities() throws {
        let result = try run(
            """
            $runtime spec --rootless
            sed -i 's/"terminal": true/"terminal": false/; s/"sh"$/"sleep","1000"/' config.json
            tr -d '\\n' < config.json | sed -E 's/"(u|g)idMappings": *\\[[^]]*\\]/"\\1idMappings":[{"containerID":0,"hostID":\
            \(OrdinaryUser.number),"size":1},{"containerID":1,"hostID":200000,"size":65536}]/g' > new.json
            mv new.json config.json
            $runtime run -d $id-two </dev/null >/dev/null 2>log || cat log
            $runtime exec --user 33:44 $id-two sh -c 'id -u; id -g; cat /proc/self/uid_map' 2>/dev/null
            $runtime state $id-two | grep status
            $runtime delete --force $id-two
            $runtime list -q
            """)
        #expect(result.status == 0, "\(result.complaints)")
        let words = result.output.split { $0 == " " || $0 == "\n" }.map(String.init)
        #expect(
            words == [
                "33", "44", "0", "\(OrdinaryUser.number)", "1", "1", "200000", "65536", "\"status\":", "\"running\",",
            ],
            "\(result.output) \(result.complaints)")
    }

    /// An id that is not the user's is refused with what to look at, and nothing is left.
    @Test(.enabled(if: OrdinaryUser.hasHelpers, "the package uidmap is not installed"))
    func foreignIdentities() throws {
        let result = try run(
            """
            $runtime spec --rootless
            sed -i 's/"terminal": true/"terminal": false/; s/"size": 1$/"size": 2/' config.json
            $runtime run $id-three || echo status $?
            $runtime list -q
            """)
        #expect(result.output == "status 1\n")
        #expect(result.complaints.contains("/etc/subuid"), "\(result.complaints)")
    }

    /// As root of a user namespace, where devices cannot be made and cgroups not be had, a container without one of its own
    /// runs all the same.
    @Test func insideAUserNamespace() throws {
        let result = try run(
            """
            $runtime spec
            sed -i 's/"terminal": true/"terminal": false/; s/"sh"$/"sh","-c","id -u; cat \\/proc\\/self\\/uid_map; echo >\\/dev\\/null"/' config.json
            unshare --user --map-root-user --mount $runtime run $id-four 2>complaints || cat complaints
            """)
        #expect(result.status == 0, "\(result.complaints)")
        let words = result.output.split { $0 == " " || $0 == "\n" }.map(String.init)
        #expect(words == ["0", "0", "\(OrdinaryUser.number)", "1"], "\(result.output)")
    }
}

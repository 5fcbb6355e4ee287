import Glibc
import Linux
import TestSupport
import Testing

/// What users of docker and podman expect of lists, images and mistakes, found by one who used them all day.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct PodmanHabitTests {
    /// Labels must all hold, names are regular expressions, mounts can be asked for.
    @Test func containerFilters() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            "$isolab" run --name f1 -l app=x -l env=prod busybox true
            "$isolab" run --name f2 -l app=x -l env=test -v /tmp:/seen busybox true
            "$isolab" run --name f3 -l app=y -l env=test busybox true
            names() { echo "[$("$isolab" ps -a --format '{{.Names}}' "$@" | sort | xargs)]"; }
            names -f label=app=x -f label=env=test; names -f label=app -f label=env=prod; names -f label=none
            names -f name='^f1$'; names -f name='f[12]'; names -f name=F; names -f name='^/f3$'; names -f name='1|3'
            names -f volume=/seen; names -f volume=/tmp; names -f volume=/see
            "$isolab" ps -f name='f['; echo $?
            """, in: try Place())
        #expect(
            result.output == """
                [f2]
                [f1]
                []
                [f1]
                [f1 f2]
                []
                [f3]
                [f1 f3]
                [f2]
                [f2]
                []
                2

                """, "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("--filter 'name=f[': is not a regular expression"), "\(result.complaints)")
    }

    /// One identifier is one image, by however many manifests it came: one row, removed and pruned as one.
    @Test(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "needs python3, which writes the other archive"))
    func oneImageOfTwoManifests() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            id=$("$isolab" images -q --no-trunc); manifest=$("$isolab" images --digests --format '{{.Digest}}')
            # The same configuration, and the layer in another compression.
            mkdir plain && "$isolab" save -o a.tar busybox && tar -C plain -xf a.tar && cd plain
            python3 - <<'END'
            import gzip, json, os
            manifest = json.load(open("manifest.json"))
            for image in manifest:
                for number, layer in enumerate(image["Layers"]):
                    data = open(layer, "rb").read()
                    if data[:2] == b"\\x1f\\x8b": data = gzip.decompress(data)
                    image["Layers"][number] = f"layer{number}.tar"
                    open(image["Layers"][number], "wb").write(data)
            json.dump(manifest, open("manifest.json", "w"))
            for other in ("index.json", "oci-layout"):
                if os.path.exists(other): os.unlink(other)
            END
            tar -cf ../b.tar . && cd .. && "$isolab" load -q -i b.tar > /dev/null
            [ "$("$isolab" images --digests --format '{{.Digest}}')" != "$manifest" ] && echo another manifest
            [ "$("$isolab" images -q --no-trunc)" = "$id" ] && echo one row
            "$isolab" system df --format '{{.Type}} {{.TotalCount}}' | grep Images
            "$isolab" image prune | grep -c Deleted; "$isolab" images -q | wc -l
            "$isolab" load -q -i a.tar > /dev/null; "$isolab" tag busybox second; "$isolab" load -q -i b.tar > /dev/null
            "$isolab" images --format '{{.Repository}}' | sort | xargs
            "$isolab" inspect -f '{{.RepoTags}}' busybox; "$isolab" rmi $id 2>&1 | grep -c 'in use'
            "$isolab" rmi second; "$isolab" rmi $id; "$isolab" images -q | wc -l
            "$isolab" images -q -f dangling=true | wc -l; find data -path '*blobs/sha256/*' -type f | wc -l
            """, in: try Place())
        let id = result.output.split(separator: "\n").last { $0.hasPrefix("Deleted: ") } ?? ""
        #expect(
            result.output == """
                another manifest
                one row
                Images 1
                0
                1
                busybox second
                [busybox:latest second:latest]
                1
                Untagged: second:latest
                Untagged: busybox:latest
                \(id)
                0
                0
                0

                """, "\(result.output)\(result.complaints)")
    }

    /// A template that names sizes gets them, which are those of what files hold.
    @Test func sizes() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            "$isolab" run --name two busybox sh -c 'mkdir /made; printf 12 > /made/f; ln /made/f /made/g; rm /bin/dd'
            "$isolab" ps -a --format '{{.Names}}: {{.Size}}' | grep -c '^two: 2B (virtual [12].*MB)$'
            "$isolab" ps -as | grep -c ' 2B (virtual '; "$isolab" ps -a --format 'table {{.Size}}' | grep -c '^2B'
            # What is unpacked counts as it is, and what is stored can be asked for.
            "$isolab" images --format '{{.Bytes}} {{.StoredBytes}}'; "$isolab" inspect -f '{{.Size}}' busybox
            "$isolab" history --format '{{.Bytes}}' busybox; "$isolab" rm two > /dev/null
            """, in: try Place())
        let lines = result.output.split(separator: "\n")
        guard lines.count == 6 else {
            Issue.record("\(result.output)\(result.complaints)")
            return
        }
        #expect(lines[..<3] == ["1", "1", "1"], "\(result.output)\(result.complaints)")
        let sizes = lines[3].split(separator: " ").compactMap { Int64($0) }
        #expect(sizes.count == 2 && sizes[0] > sizes[1] + sizes[1] / 4 && lines[4] == "\(sizes[0])", "\(lines)")
        #expect((Int64(lines[5]) ?? 0) > sizes[1] && (Int64(lines[5]) ?? .max) < sizes[0], "\(lines)")
    }

    /// Images made before and after another, and references that are alternatives.
    @Test func imageFilters() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            printf 'FROM busybox\\nLABEL a=1\\n' | "$isolab" build -qt second - > /dev/null
            printf 'FROM second\\nLABEL b=1\\n' | "$isolab" build -qt third - > /dev/null
            names() { echo "[$("$isolab" images --format '{{.Repository}}' "$@" | sort | xargs)]"; }
            names -f before=second; names -f since=second; names -f since=busybox -f before=third
            names -f reference=busybox -f reference='th*'; names -f label=a -f label=b; names -f reference=second -f label=b
            "$isolab" images -f before=none; echo $?
            """, in: try Place())
        #expect(
            result.output == """
                [busybox]
                [third]
                [second]
                [busybox third]
                [third]
                []
                1

                """, "\(result.output)\(result.complaints)")
    }

    /// What is there is told though something else is not.
    @Test func inspection() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" inspect -f '{{.Os}}' busybox nosuch busybox; echo $?
            "$isolab" inspect nosuch 2> /dev/null; echo $?; "$isolab" inspect busybox nosuch other 2>&1 > /dev/null | wc -l
            """)
        #expect(result.output == "linux\nlinux\n1\n[]\n1\n2\n", "\(result.output)\(result.complaints)")
    }

    /// Statuses and words of runs that cannot be.
    @Test func failures() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --rm busybox ''; echo $?; "$isolab" run --rm --init busybox ''; echo $?
            "$isolab" run --rm --entrypoint '["sh","-c","echo hi $0"]' busybox a; "$isolab" run --rm --entrypoint '["sh"' busybox; echo $?
            "$isolab" run --rm --entrypoint '[]' busybox echo none
            name=failures-$$; "$isolab" run --rm --name $name busybox sleep 600 &
            until "$isolab" exec $name true 2>/dev/null; do sleep 0.1; done
            "$isolab" exec -w /nosuch $name true; echo $?; "$isolab" exec -w /bin/sh $name true; echo $?
            "$isolab" exec $name ''; echo $?; "$isolab" rm -f $name > /dev/null; wait
            "$isolab" run --rm -w /bin/sh busybox true; echo $?
            "$isolab" run --rm busybox --rm true; echo $?; "$isolab" run --mount type=bind,src=/nosuch,dst=/x busybox true; echo $?
            """)
        #expect(
            result.output == "127\n127\nhi a\n127\nnone\n127\n126\n127\n126\n127\n125\n",
            "\(result.output)\(result.complaints)")
        for words in [
            "'': the command is empty", "/nosuch: No such file or directory; --workdir", "go before the image",
            "--mount '/nosuch': there is no such file", "--entrypoint is not a list of strings in JSON",
        ] {
            #expect(result.complaints.contains(words), "\(words): \(result.complaints)")
        }
    }

    /// What builds are given and is not there is told at once, and what there is no context for, too.
    @Test func builds() throws {
        let result = try EnginePlace.shell(
            """
            printf 'FROM busybox\\nLABEL habits=1\\n' > Containerfile
            "$isolab" build -q . > /dev/null; "$isolab" build -q --secret id=s,src=/nosuch .; echo $?
            "$isolab" build -q --secret id=s,src=/etc .; echo $?; echo x > s; "$isolab" build -q --secret id=s,src=s . > /dev/null; echo $?
            printf 'FROM busybox\\nCOPY x /\\n' | "$isolab" build - > /dev/null; echo $?
            mkdir c && printf 'FROM busybox\\nCOPY x /\\n' > c/Containerfile && tar -C c -c . | "$isolab" build -q - ; echo $?
            "$isolab" build -q -m 64m . > /dev/null; echo $?
            """)
        #expect(result.output == "2\n2\n0\n1\n1\n0\n", "\(result.output)\(result.complaints)")
        for words in [
            "--secret 'id=s,src=/nosuch': /nosuch: No such file", "/etc is a directory",
            "the context, which a Containerfile on standard input comes without", "in the archive on standard input",
        ] {
            #expect(result.complaints.contains(words), "\(words): \(result.complaints)")
        }
        #expect(!result.complaints.contains("/builds/"), "\(result.complaints)")
    }

    /// Options of docker's that are not there are told by name, with the status of a wrong command line as every unknown option; what
    /// asks for what is so anyway is taken.
    @Test(
        arguments: [
            ("commit --pause=false nosuch-habit", 1, "nosuch-habit"), ("history -H busybox", 0, ""),
            ("history --human=true busybox", 0, ""), ("history --human=false busybox", 2, "--human: "),
            ("history --platform linux/amd64 busybox", 0, ""),
            ("image prune --filter until=1h", 2, "--filter: "),
            ("container prune --filter until=1h", 2, "--filter: "), ("pull --all-tags x", 2, "isolab list"),
            ("push -a x", 2, "-a: "), ("pull --disable-content-trust 127.0.0.1:9/none", 1, "127.0.0.1:9"),
            ("login -p secret", 2, "--password-stdin"), ("rmi --no-prune nosuch-habit", 1, "nosuch-habit"),
            ("rm -l x", 2, "-l: "), ("load --platform linux/arm64", 2, "--platform: "), ("search -f a=b x", 2, "-f: "),
            ("search --no-trunc x", 2, "--no-trunc: "), ("build --cpu-shares 5 .", 2, "--cpu-shares: "),
            ("build -c 5 .", 2, "-c: "), ("build --compress /nosuch", 1, "/nosuch"),
            ("build --security-opt x .", 2, "--security-opt: "), ("build --cgroup-parent x .", 2, "--cgroup-parent: "),
            ("run --health-on-failure kill busybox", 125, "--health-on-failure: "),
            ("run --cpu-rt-period 5 busybox", 125, "--cpu-rt-period: "),
            ("run --blkio-weight-device a:5 busybox", 125, "--blkio-weight-device: "),
            ("image pull 127.0.0.1:9/none", 1, "127.0.0.1:9"), ("image push nosuch-habit", 1, "nosuch-habit"),
        ] as [(String, Int32, String)])
    func optionsByName(line: String, status: Int32, words: String) throws {
        let result = try EnginePlace.shell("\"$isolab\" \(line)")
        #expect(result.status == status, "\(result.output)\(result.complaints)")
        #expect(words.isEmpty || result.complaints.contains(words), "\(result.complaints)")
        #expect(!result.complaints.contains("nknown option"), "\(result.complaints)")
    }

    /// Where the registry was not built, its help is there all the same, and what builds it is named. Variables are in the help.
    @Test func absentProgram() throws {
        let result = try EnginePlace.shell(
            """
            mkdir alone && cp "$isolab" alone/isolab
            alone/isolab registry serve --help | grep -c -e '^USAGE: isolab registry serve' -e '^  --htpasswd' -e '^OVERVIEW: Serve a registry'
            alone/isolab registry serve; echo $?; "$isolab" --help | grep -c ISOLAB_DATA
            for line in pull 'registry inspect'; do
                alone/isolab $line --help | grep -c -e '^OVERVIEW: ' -e "^USAGE: isolab $line " -e 'isolab-transfer .*make build'
            done
            alone/isolab pull x; echo $?
            """)
        #expect(result.output == "3\n1\n1\n3\n3\n1\n", "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("make registry"), "\(result.complaints)")
    }

    /// A data directory that cannot be made is named, with the variable that says where it is; so is a volume option that others have.
    @Test func dataDirectory() throws {
        let result = try EnginePlace.shell(
            """
            ISOLAB_DATA=/proc/none "$isolab" images; echo $?; ISOLAB_DATA=/proc/none "$isolab" run busybox true; echo $?
            mkdir d; "$isolab" run --rm -v ./d:/mnt:idmap busybox true; echo $?
            """)
        #expect(result.output == "1\n125\n125\n", "\(result.output)\(result.complaints)")
        let words =
            "create the data directory /proc/none/images: No such file or directory (errno 2); ISOLAB_DATA must name"
        let lines = result.complaints.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].contains(words) && lines[1].contains(words), "\(result.complaints)")
        #expect(
            lines.last?.contains("--volume './d:/mnt:idmap': idmap is not supported") == true, "\(result.complaints)")
    }

    /// A terminal that knows no colours gets none.
    @Test func colours() throws {
        let result = try EnginePlace.shell(
            """
            for term in dumb xterm; do
                TERM=$term "$terminal" '"$isolab" lanes --state-directory "$place/state"' < /dev/null | grep -c "$(printf '\\033')\\["
            done
            NO_COLOR=1 TERM=xterm "$terminal" '"$isolab" lanes' < /dev/null | grep -c "$(printf '\\033')\\["
            """)
        let counts = result.output.split(separator: "\n").compactMap { Int($0) }
        #expect(counts.count == 3 && counts[0] == 0 && counts[1] > 0 && counts[2] == 0, "\(result.output)")
    }
}

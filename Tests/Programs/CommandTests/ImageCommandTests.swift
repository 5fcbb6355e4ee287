import Glibc
import Linux
import Testing

/// The commands about images, from their command lines.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct ImageCommandTests {
    /// Lists in every form; a field that is not there names those that are.
    @Test func lists() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" images busybox --format '{{.Repository}}:{{.Tag}}'
            "$isolab" images busybox | head -1
            test "$("$isolab" images -q busybox)" = "$("$isolab" images busybox --format '{{.ID}}')" && echo same
            "$isolab" images busybox --format json | grep -c '"Repository":"busybox"'
            "$isolab" images --filter reference='busy*' --filter dangling=false --format 'table {{.Tag}}\\t{{.Repository}}'
            "$isolab" image list nothing* | wc -l
            "$isolab" images --format '{{.Nothing}}'; echo "status $?"
            "$isolab" images --filter nothing=1; echo "status $?"
            """)
        #expect(
            result.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") } == [
                "busybox:latest", "REPOSITORY TAG IMAGE ID CREATED SIZE", "same", "1", "TAG REPOSITORY",
                "latest busybox", "1",
                "status 2", "status 2",
            ], "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("Repository, Tag, ID"))
    }

    /// What an image has alone and what it has with others, what a container wrote, and that its removal frees just that.
    @Test func diskUse() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            "$isolab" run --name wrote busybox dd if=/dev/zero of=/zeros bs=1024 count=256 2>/dev/null
            "$isolab" commit wrote more >/dev/null
            df() { "$isolab" system df --format '{{.Type}} {{.TotalCount}} {{.Active}} {{.ReclaimableBytes}}'; }
            df | grep -E '^(Images|Containers)' | cut -d' ' -f1-3
            "$isolab" ps -as --format '{{.Size}}' | grep -c '^2[67][0-9]kB (virtual '
            "$isolab" system df -v --format '{{.SharedBytes}} {{.OwnBytes}}'
            before=$("$isolab" system df --format '{{.Type}} {{.Bytes}}' | sed -n 's/^Containers //p')
            df | sed -n "s/^Containers 1 0 $before$/all of it/p"
            "$isolab" rm wrote >/dev/null; df | grep -E '^Containers'
            "$isolab" system df | head -1
            """, in: try Place())
        let lines = result.output.split(separator: "\n").map(String.init)
        guard lines.count == 9 else {
            Issue.record("\(result.output)\(result.complaints)")
            return
        }
        #expect(lines[0...2] == ["Images 2 1", "Containers 1 0", "1"])
        let bytes = lines[3...5].map { $0.split(separator: " ").compactMap { Int64($0) } }
        // Both images have the layer of busybox; the second has 256 KiB of zeros, which compress, and the container has them as
        // they are.
        #expect(bytes[0][0] == bytes[1][0] && bytes[0][0] > 500_000 && bytes[1][1] < 20_000, "\(lines)")
        #expect(bytes[2][1] >= 256 << 10 && bytes[2][1] < 300 << 10, "\(lines)")
        #expect(lines[6] == "all of it" && lines[7] == "Containers 0 0 0", "\(lines)")
        #expect(lines[8].split(separator: " ") == ["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"])
    }

    /// What `inspect` shows is JSON with Docker's names, and each of them a field.
    @Test func inspect() throws {
        let result = try EnginePlace.shell(
            """
            id=$("$isolab" images -q --no-trunc busybox)
            "$isolab" inspect busybox | grep -c -e '"Id": "'"$id" -e '"RepoTags": .' -e '"RootFS": {'
            "$isolab" inspect busybox --format '{{.RepoTags}} {{.RootFS.Type}} {{len .RootFS.Layers}} {{.Os}}'
            test "$("$isolab" inspect busybox --format '{{.RepoDigests}}')" = \
                "[busybox@$("$isolab" inspect busybox --format '{{.Descriptor.digest}}')]" && echo same
            "$isolab" inspect busybox --format '{{.Config.Cmd}}'
            """)
        #expect(
            result.output == "3\n[busybox:latest] layers 1 linux\nsame\n[sh]\n",
            "\(result.output)\(result.complaints)")
    }

    /// What is kept for speed goes when asked for, but not from under a build that works with it.
    @Test func caches() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            kept() { "$isolab" system df --format '{{.Type}} {{.TotalCount}}' | grep 'Build caches'; }
            cat > Containerfile <<'end'
            FROM busybox
            RUN --mount=type=cache,target=/kept dd if=/dev/zero of=/kept/zeros bs=1024 count=64 && touch /kept/here && \\
                while ! test -e /kept/go; do sleep 0.05; done && test -e /kept/zeros
            end
            "$isolab" image build -t slow . >build.log 2>&1 & build=$!
            while kill -0 $build && ! test -e data/images/builds/caches/*/here; do sleep 0.02; done
            kept; "$isolab" image prune --build-cache 2>&1 | grep -o 'were kept'; kept
            touch $(dirname data/images/builds/caches/*/here)/go
            wait $build; echo "built $?"
            "$isolab" image prune --build-cache | grep -c 'space: 6[5-9]\\|space: [78]'; kept
            """, in: try Place())
        #expect(
            result.output == """
                Build caches 1
                were kept
                Build caches 1
                built 0
                1
                Build caches 0

                """, "\(result.output)\(result.complaints)")
    }

    /// What a build that was killed worked with is counted, told of, and freed by the next command.
    @Test func killedBuild() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            printf 'FROM busybox\\nRUN --mount=type=cache,target=/kept touch /kept/here && sleep 600\\n' > Containerfile
            begin() {
                rm -rf data/images/builds/caches; "$isolab" build . >build.log 2>&1 & build=$!
                while kill -0 $build && ! test -e data/images/builds/caches/*/here; do sleep 0.02; done
                kill -9 $build; wait $build 2>/dev/null; }
            left() { ls data/images/builds | grep -c '^[0-9]'; }
            begin; left; "$isolab" system df --format '{{.Type}} {{.TotalCount}}' | grep Unfinished
            "$isolab" doctor --clean --state-directory "$place/state" | grep -c '^released build '; left
            begin; "$isolab" ps > /dev/null; left
            """, in: try Place())
        #expect(
            result.output == "2\nUnfinished 1\n1\n0\n0\n", "\(result.output)\(result.complaints)")
    }

    /// Saved in every form and loaded into an empty store, an image is the same and runs.
    @Test(arguments: ["docker-archive", "oci-archive", "oci-dir"]) func saveAndLoad(format: String) throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" save --format \(format) -o saved busybox || exit 9
            id=$("$isolab" images -q busybox)
            export ISOLAB_DATA="$place/other"
            "$isolab" load -i saved
            test "$("$isolab" images -q)" = "$id" && echo same
            "$isolab" run --rm busybox echo runs
            "$isolab" image check | tail -1 | grep -o 'no problems'
            """)
        #expect(
            result.output == "Loaded image: busybox:latest\nsame\nruns\nno problems\n",
            "\(result.output)\(result.complaints)")
    }

    /// Through a pipe, too; a terminal is refused no bytes of an archive here, a file that is none is named.
    @Test func pipes() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" save busybox | ISOLAB_DATA="$place/other" "$isolab" load
            echo nonsense > file; "$isolab" load -i file; echo "status $?"
            """)
        #expect(result.output == "Loaded image: busybox:latest\nstatus 1\n", "\(result.complaints)")
        #expect(result.complaints.contains("file"))
    }

    /// Names come and go; what they stood for goes with the last one.
    @Test func names() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            "$isolab" tag busybox localhost:5000/other:1 && "$isolab" images --format '{{.Repository}}:{{.Tag}}' | sort
            "$isolab" rmi busybox; "$isolab" rmi localhost:5000/other:1 | head -1
            "$isolab" images -q | wc -l; ls data/images/blobs/sha256 | wc -l
            "$isolab" rmi busybox; echo "status $?"
            """, in: try Place())
        #expect(
            result.output == """
                busybox:latest
                localhost:5000/other:1
                Untagged: busybox:latest
                Untagged: localhost:5000/other:1
                0
                0
                status 1

                """, "\(result.output)\(result.complaints)")
    }

    /// While a build's command runs, images come and go: a collection takes what nothing needs at once, and leaves what the
    /// build has made and what it was made from, though the base image's only name goes meanwhile.
    @Test func collectionDuringBuild() throws {
        let result = try IsolabProgram.shell(
            """
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox >/dev/null
            mkdir tree && echo old > tree/old && "$isolab" image import tree old:1 >/dev/null
            old=$("$isolab" inspect old:1 --format '{{.Descriptor.digest}}' | cut -d: -f2)
            mkdir context && cat > context/Containerfile <<'END'
            FROM busybox
            RUN echo first > /first
            RUN --mount=type=cache,id=meet,target=/meet touch /meet/here; until [ -e /meet/go ]; do sleep 0.02; done; echo second > /second
            FROM busybox
            COPY --from=0 /first /second /
            RUN cat /first /second > /both
            END
            "$isolab" image build -t built context > log 2>&1 & build=$!
            while kill -0 $build && ! test -e data/images/builds/caches/*/here; do sleep 0.02; done
            "$isolab" rmi busybox | head -1; "$isolab" image prune --all > pruned; echo "prune $?"
            kill -0 $build && echo builds; test -e data/images/blobs/sha256/$old || echo gone
            touch $(dirname data/images/builds/caches/*/here)/go
            wait $build; echo "build $?"
            "$isolab" run --rm built cat /both
            "$isolab" image check | tail -1 | grep -o 'no problems'
            "$isolab" image prune --all > pruned; ls data/images/blobs/sha256 data/images/layers data/images/leases | grep -v : | wc -w
            """, in: try Place())
        #expect(
            result.output == """
                Untagged: busybox:latest
                prune 0
                builds
                gone
                build 0
                first
                second
                no problems
                0

                """, "\(result.output)\(result.complaints)")
    }

    /// Names beyond ASCII, and no UTF-8 at all, with links to them, survive every way an image goes, whatever the locale of
    /// whoever calls.
    @Test(arguments: [
        ("C", "--format=posix", "docker-archive"), ("POSIX", "--format=gnu", "oci-archive"),
        ("C.UTF-8", "--format=posix", "oci-archive"), ("xx", "", "docker-archive"),
    ])
    func namesAreBytes(locale: String, archive: String, format: String) throws {
        let list = "find names | sort; for link in names/soft*; do readlink $link; done"
        let result = try IsolabProgram.shell(
            """
            mkdir -p tree/bin tree/names && cp /bin/busybox tree/bin/ && cd tree && ln -s busybox bin/sh && cd names || exit 9
            number=0
            for name in 'caf\\303\\251' 'cafe\\314\\201' '\\344\\270\\255\\346\\226\\207' 'no\\377\\376' "$(printf '\\\\345\\\\255\\\\227%.0s' $(seq 80))"; do
                name=$(printf "$name"); number=$((number + 1))
                echo $number > "$name"; ln "$name" hard-$number; ln -s "$name" soft-$number
            done
            cd ..; /bin/busybox sh -c '\(list); stat -c %h names/*' > ../expected; ls names | wc -l; cd ..
            export LANG=\(locale) LC_ALL=\(locale) ISOLAB_DATA="$place/one"
            source=tree; if [ -n "\(archive)" ]; then tar \(archive) -C tree -cf tree.tar .; source=tree.tar; fi
            "$isolab" image import $source named > /dev/null
            "$isolab" save --format \(format) -o saved named && ISOLAB_DATA="$place/two" "$isolab" load -i saved
            export ISOLAB_DATA="$place/two"
            "$isolab" run --name changed named /bin/busybox sh -c 'PATH=/bin; busybox rm names/hard-4; busybox mv names/caf* /; busybox mv /caf* names'
            "$isolab" commit changed committed > /dev/null
            "$isolab" run --rm named /bin/busybox sh -c '\(list); stat -c %h names/*' > listing; cmp expected listing && echo same
            rm tree/names/hard-4; (cd tree; /bin/busybox sh -c '\(list)' > ../expected)
            "$isolab" run --rm committed /bin/busybox sh -c '\(list)' > listing; cmp expected listing && echo same
            "$isolab" rm changed > /dev/null
            """, in: try Place())
        #expect(
            result.output == "15\nLoaded image: named:latest\nsame\nsame\n", "\(result.output)\(result.complaints)")
    }
}

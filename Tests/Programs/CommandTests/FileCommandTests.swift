import Glibc
import Linux
import TestSupport
import Testing

/// Whatever files and values there are, commands take them as they are, or say why not.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct FileCommandTests {
    /// A device, a FIFO and a link that an output is named after stay what they are.
    @Test func namedOutputs() throws {
        let result = try EnginePlace.shell(
            """
            mknod null c 1 3; mkfifo pipe; echo 'FROM busybox' > Containerfile; ln -s file link
            "$isolab" save -o null busybox; stat -c %F null
            "$isolab" build -q --iidfile null . > id; stat -c %F null
            "$isolab" run --rm --cidfile null busybox true 2>/dev/null; stat -c %F null
            ISOLAB_DATA="$place/other" "$isolab" load < pipe & "$isolab" save -o pipe busybox; wait; stat -c %F pipe
            "$isolab" build -q --iidfile file . > id; chmod 600 file; : > file; "$isolab" build -q --iidfile link . > id
            test "$(cat id)" = "$(cat file)" && stat -c '%F %a' link file
            ls -A | grep -c '\\.new$'
            "$isolab" save -o /dev/stdout busybox | tar -tf - | grep -c '^manifest.json'
            """)
        #expect(
            result.output.split(separator: "\n") == [
                "character special file", "character special file", "character special file",
                "Loaded image: busybox:latest", "fifo", "symbolic link 777", "regular file 600", "0", "1",
            ], "\(result.output)\(result.complaints)")
    }

    /// A container whose root is a file system that one of its processes serves, and never answers for (FUSE), holds no `exec` up that looks
    /// for a user in it. Naive: whoever looks waits, and not even SIGKILL ends it.
    @Test(.timeLimit(.minutes(2)), .enabled(if: access("/dev/fuse", F_OK) == 0, "needs /dev/fuse"))
    func usersThatNeverAnswer() throws {
        let result = try EnginePlace.shell(
            """
            gcc -O1 -static -o hostile \(Repository.path("Tests/Probes/hostile-files.c"))
            "$isolab" run --rm --name cage$$ --cap-add SYS_ADMIN --device /dev/fuse --security-opt seccomp=unconfined \
                -v "$PWD/hostile:/hostile:ro" busybox sh -c 'mkdir -p /mnt; exec /hostile cage /mnt' > said 2>&1 & run=$!
            while kill -0 $run && ! grep -q caged said; do sleep 0.05; done; grep -v asked said
            cat /proc/$("$isolab" inspect --format '{{.State.Pid}}' cage$$)/root/etc/passwd & naive=$!
            state() { sed 's/.*) //; s/ .*//' /proc/$naive/stat; }
            until test "$(state)" != R && test "$(readlink /proc/$naive/exe)" != "$(readlink /proc/$$/exe)"; do sleep 0.05; done
            kill -9 $naive
            "$isolab" exec -u nobody cage$$ true; echo "status $?"; echo "naive $(state)"
            "$isolab" rm -f cage$$ > removed; wait $run; wait $naive; echo "ended $?"; "$isolab" ps -aq | wc -l
            """)
        #expect(
            result.output == "mounted\ncaged\nstatus 125\nnaive D\nended 137\n0\n",
            "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("did not answer within 10 s"), "\(result.complaints)")
    }

    /// Values are bytes: a sign and a combining character stay two; what is no text is refused, never altered.
    @Test func values() throws {
        let result = try EnginePlace.shell(
            """
            accent=$(printf '\\314\\201x'); latin=$(printf 'A=\\351')
            "$isolab" run --rm -e "A=$accent" busybox sh -c 'printf %s "$A" | od -An -tx1'
            "$isolab" run --rm -e "$latin" busybox true; echo $?
            export A="${latin#A=}"; "$isolab" run --rm -e A busybox true; echo $?; unset A
            printf '\\357\\273\\277A=1\\n' > env; "$isolab" run --rm --env-file env busybox sh -c 'echo $A'
            mkdir 'a,b'; echo in > 'a,b/f'
            "$isolab" run --rm --mount "type=bind,\\"source=$PWD/a,b\\",target=/x" busybox cat /x/f
            mkdir "$(printf 'd\\351')"; cd "$(printf 'd\\351')"; "$isolab" run --rm -v ./:/x busybox true; echo $?
            """)
        #expect(
            result.output == " cc 81 78\n125\n125\n1\nin\n125\n", "\(result.output)\(result.complaints)")
        #expect(result.complaints.split(separator: "\n").count { $0.contains("UTF-8") } == 3, "\(result.complaints)")
    }

    /// Inputs that are no files are refused: a FIFO would wait, a device may never end.
    @Test(arguments: ["--env-file", "--label-file", "--security-opt seccomp="])
    func inputs(option: String) throws {
        let option = option.hasSuffix("=") ? option : option + " "
        let result = try EnginePlace.shell(
            """
            mkfifo pipe; for file in pipe /dev/zero .; do
                timeout 20 "$isolab" run --rm \(option)$file busybox true; echo $?; done
            """)
        #expect(result.output == "125\n125\n125\n", "\(result.complaints)")
    }

    /// What a container changed that changed nothing is nothing, and so is its commit's layer; also of an image without the
    /// places that every container has mounts on.
    @Test func idleContainers() throws {
        let result = try EnginePlace.shell(
            """
            mkdir -p root/bin && cp /bin/busybox root/bin/ && "$isolab" image import -c 'CMD ["/bin/busybox","true"]' root bare >/dev/null
            for image in busybox bare; do
                "$isolab" run --name idle-$$-$image $image; "$isolab" diff idle-$$-$image
                made=$("$isolab" commit idle-$$-$image); "$isolab" inspect $made --format '{{len .RootFS.Layers}}'
                "$isolab" rm idle-$$-$image > /dev/null
            done
            "$isolab" run --name busy-$$ bare /bin/busybox mkdir /etc/x; "$isolab" diff busy-$$
            made=$("$isolab" commit busy-$$); "$isolab" run --rm $made /bin/busybox ls /; "$isolab" rm busy-$$ > /dev/null
            """)
        #expect(
            result.output.split(separator: "\n") == [
                "1", "1", "A /etc", "A /etc/x", "bin", "dev", "etc", "proc", "sys",
            ],
            "\(result.output)\(result.complaints)")
    }

    /// A device that an image ships as its list of users is not opened by the host.
    @Test func deviceAsUsers() throws {
        let result = try EnginePlace.shell(
            """
            mkdir -p root/bin root/etc && cp /bin/busybox root/bin/ && mknod root/etc/passwd c 1 5
            "$isolab" image import root devices >/dev/null
            timeout 20 "$isolab" run --rm -u 7 devices /bin/busybox grep Uid /proc/self/status; timeout 20 "$isolab" run --rm -u me devices /bin/busybox id; echo $?
            """)
        #expect(result.output == "Uid:\t7\t7\t7\t7\n125\n", "\(result.complaints)")
        #expect(result.complaints.contains("no user 'me'"))
    }

    /// Results that cannot be written are an error, of every command.
    @Test(
        arguments: [
            ("images", 1), ("inspect busybox", 1), ("ps", 1), ("history busybox", 1), ("save busybox", 1),
            ("--help", 1),
            ("build -q -", 1), ("system df", 1), ("run --help", 125),
        ] as [(String, Int32)])
    func fullOutput(command: String, status: Int32) throws {
        let result = try EnginePlace.shell("echo 'FROM busybox' | \"$isolab\" \(command) > /dev/full")
        #expect(result.status == status, "\(result.complaints)")
        #expect(result.complaints.contains("No space left"), "\(result.complaints)")
    }

    /// The runtime's results, too; and a limit of virtual memory that is too small for a program is told, where it would end by a
    /// signal amid its work.
    @Test func limits() throws {
        let runtime = IsolabProgram.directory + "/isolab-runtime"
        let result = try EnginePlace.shell(
            """
            \(runtime) features > /dev/full; echo $?
            for program in "$isolab images" "\(runtime) list"; do
                # From where the kernel starts it at all: before that it is the kernel that ends it.
                limit=4096; until (ulimit -v $limit; $program) > said 2>&1 || grep -q 'ulimit -v' said; do limit=$((limit + 2048)); done
                for more in 0 2048 8192 16384 24576 32768; do
                    (ulimit -v $((limit + more)); $program) > said 2>&1 || grep -q 'ulimit -v' said || cat said
                done
            done
            """)
        #expect(result.output == "1\n", "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("No space left"))
    }

    /// What images, and the texts in them, say of themselves does not steer the terminal.
    @Test func terminalsAreNotSteered() throws {
        let escape = "\u{1B}"
        let result = try EnginePlace.shell(
            """
            printf 'FROM busybox\\nLABEL a="x\\033]0;owned\\007\\342\\200\\256y"\\nRUN true # \\033[2J\\n' > Containerfile
            "$isolab" build -t steering-$$ . > built; cat built
            "$isolab" history steering-$$; "$isolab" history steering-$$ --no-trunc; "$isolab" build --plan .
            "$terminal" "\\"$isolab\\" inspect steering-$$ --format '{{.Config.Labels.a}}'" < /dev/null
            "$isolab" run --rm "$(printf 'x\\033[2J')" true 2>&1
            """)
        #expect(result.output.contains("owned"), "\(result.complaints)")
        #expect(
            !result.output.contains(escape) && !result.output.contains("\u{7}") && !result.output.contains("\u{202E}"))
    }

    /// Programs get what is there: JSON exactly, with escapes for what would steer whoever looks at it, and lines as they are.
    @Test func programsGetWhatIsThere() throws {
        let result = try EnginePlace.shell(
            """
            printf 'FROM busybox\\nLABEL a="x\\033[2J\\342\\200\\256y"\\n' > Containerfile
            "$isolab" build -q -t exact-$$ . > built || cat built
            "$isolab" inspect exact-$$ --format '{{json .Config.Labels.a}}'
            "$isolab" inspect exact-$$ | grep -c u202ey
            "$isolab" inspect exact-$$ --format '{{.Config.Labels.a}}'
            """)
        let lines = result.output.split(separator: "\n")
        #expect(lines.first == #""x\u001b[2J\u202ey""#, "\(result.output)\(result.complaints)")
        #expect(lines.count == 3 && lines[1] != "0", "\(result.output)")
        #expect(lines.last == "x\u{1B}[2J\u{202E}y")
    }

    /// A base is fetched anew, an archive that lies at an address too, where a network is allowed; and what comes is what was
    /// promised.
    @Test func addresses() throws {
        let result = try EnginePlace.shell(
            """
            mkdir www && echo hello > www/f
            port=$((20000 + $$ % 20000)); busybox httpd -f -p 127.0.0.1:$port -h www & server=$!
            for i in $(seq 100); do busybox wget -q -O /dev/null http://127.0.0.1:$port/f && break; sleep 0.1; done
            sum=sha256:$(sha256sum www/f | cut -d' ' -f1)
            build() { printf "FROM busybox\\nADD $1 /g\\n" | "$isolab" build -q $2 -; }
            id=$(build "--checksum=$sum http://127.0.0.1:$port/f" "--network host"); "$isolab" run --rm $id sh -c 'cat /g; stat -c %a /g'
            build "--checksum=sha256:$(printf %064d 0) http://127.0.0.1:$port/f" "--network host"; echo $?
            build "http://127.0.0.1:$port/none" "--network host"; echo $?
            build "http://127.0.0.1:$port/f"; echo $?
            kill $server
            """)
        #expect(result.output == "hello\n600\n1\n1\n1\n", "\(result.output)\(result.complaints)")
        #expect(
            result.complaints.contains("--network host") && result.complaints.contains("404"), "\(result.complaints)")
    }
}

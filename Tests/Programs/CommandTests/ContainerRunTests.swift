import Glibc
import Linux
import Testing

/// `isolab run IMAGE`: what a container sees and may do, and how its end is told.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct ContainerRunTests {
    /// The command's status is isolab's; what cannot be run has the statuses every shell has for it.
    @Test(
        arguments: [
            ("sh -c 'exit 7'", 7), ("true", 0), ("/bin/nope", 127), ("nope", 127), ("/etc/passwd", 126), ("/etc", 126),
            ("sh -c 'sh -c \"kill -TERM \\$\\$\"; exit $?'", 143),
        ] as [(String, Int32)])
    func statuses(command: String, status: Int32) throws {
        let result = try EnginePlace.run("", command)
        #expect(result.status == status, "\(result.complaints)")
        let words = command == "nope" ? "nope: there is no such program in the container's PATH" : "No such file"
        if status == 127 { #expect(result.complaints.contains(words), "\(result.complaints)") }
    }

    /// What the kernel refuses at last, for `run` and `exec` alike: a file that is no program, and a script without its interpreter.
    @Test func unfitPrograms() throws {
        let result = try EnginePlace.shell(
            """
            mkdir d; printf '\\001garbage\\n' > d/garbage; printf '#!/bin/nothing\\n' > d/script; chmod 755 d d/garbage d/script
            name=unfit-$$; "$isolab" run -d --name $name -v "$place/d:/d" busybox sleep 1000 > /dev/null
            for program in garbage script; do
                "$isolab" run --rm -v "$place/d:/d" busybox /d/$program; echo $?; "$isolab" exec $name /d/$program; echo $?
            done; "$isolab" rm -f $name > /dev/null
            """)
        #expect(result.output == "126\n126\n127\n127\n", "\(result.output)\(result.complaints)")
    }

    /// What this host cannot give is missed by nobody who joins a container with all privileges, either.
    @Test(.enabled(if: access("/usr/bin/setpriv", X_OK) == 0, "setpriv is not installed"))
    func privilegedExec() throws {
        let result = try EnginePlace.shell(
            """
            name=all-$$; "$isolab" run -d --name $name busybox sleep 1000 > /dev/null
            setpriv --bounding-set -sys_resource "$isolab" exec --privileged $name echo in
            "$isolab" rm -f $name > /dev/null
            """)
        #expect(
            result.output == "in\n" && !result.complaints.contains("warning"), "\(result.output)\(result.complaints)")
    }

    /// What is isolab's own failure is 125, and names what was wrong.
    @Test(arguments: [
        ("--memory lots", "--memory"), ("-v d:/x", "name of a volume"), ("-v x/y:/x", "absolute"),
        ("-v /etc/hostname:/tmp", "and a file on a file"),
        ("--memory 100", "512k"), ("--group-add none-such", "none-such"),
        ("--mount type=volume,src=a/b,target=/x", "name of a volume"), ("--add-host db", "NAME:ADDRESS"),
        ("--network bridge --network none", "--network"), ("--cap-add FLY", "--cap-add"),
        ("--security-opt label=x", "SELinux"),
        ("--sysctl vm.swappiness=1", "--sysctl"), ("--no-such-option", "--no-such-option"),
        ("-u nobody-here", "nobody-here"),
        ("--name '-x'", "--name"), ("--device /etc/passwd", "--device"),
        ("--platform linux/arm64 --pull never", "arm64"),
        ("--vm --pids-limit 3", "guest"),
    ])
    func refusals(options: String, word: String) throws {
        let result = try EnginePlace.run(options, "true")
        #expect(result.status == 125)
        #expect(result.complaints.contains(word), "\(result.complaints)")
    }

    @Test func imageThatIsNotHere() throws {
        let result = try EnginePlace.shell("\"$isolab\" run --rm --pull never nothing-here true")
        #expect(result.status == 125)
        #expect(result.complaints.contains("nothing-here"))
    }

    /// Each option shows inside.
    @Test(arguments: [
        ("-e A=1 -e B=x=y", "echo $A $B", "1 x=y"),
        // A combining character after what parts name and value.
        ("-e A=\u{301}x", "env | grep -c '^A='", "1"),
        ("-w /tmp", "pwd", "/tmp"),
        ("-w /made/here -u 5:6", "pwd; stat -c '%a %u:%g' /made .", "/made/here\n755 0:0\n755 0:0"),
        ("-v ./:/here:ro,noexec", "grep ' /here ' /proc/mounts | grep -o ' ro,noexec'", " ro,noexec"),
        (
            "--mount type=tmpfs,target=/x,tmpfs-size=1m", "grep ' /x ' /proc/mounts | grep -o size=1024k",
            "size=1024k"
        ),
        ("-u 1234 --group-add 77 --group-add tty", "id -G", "0 5 77"),
        ("--add-host db:10.0.0.2", "grep -w db /etc/hosts", "10.0.0.2\tdb"),
        ("--pids-limit 0", "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; true", "max"),
        ("--cap-drop ALL --cap-add KILL,CHOWN", "grep CapBnd /proc/self/status", "CapBnd:\t0000000000000021"),
        (
            "-c 512 --memory-reservation 32m",
            "cat /sys/fs/cgroup/memory/memory.soft_limit_in_bytes /sys/fs/cgroup/memory.low 2>/dev/null; true",
            "33554432"
        ),
        ("--hostname here", "hostname; grep -c here /etc/hosts", "here\n1"),
        ("-u 1234:5678", "id -u; id -g; echo $HOME", "1234\n5678\n/"),
        ("--read-only", "touch /x 2>/dev/null || echo no; touch /dev/shm/x && echo yes", "no\nyes"),
        ("--tmpfs /x:size=1m,mode=700", "grep ' /x ' /proc/mounts | grep -o size=1024k", "size=1024k"),
        ("-v /etc/hostname:/data/name:ro", "echo x > /data/name 2>/dev/null || echo no", "no"),
        ("--cap-drop ALL", "grep CapEff /proc/self/status", "CapEff:\t0000000000000000"),
        ("--cap-drop ALL --cap-add KILL", "grep CapBnd /proc/self/status", "CapBnd:\t0000000000000020"),
        ("--ulimit nofile=100:200", "ulimit -n", "100"),
        ("--security-opt no-new-privileges", "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1"),
        ("--security-opt seccomp=unconfined", "grep Seccomp: /proc/self/status", "Seccomp:\t0"),
        ("", "grep Seccomp: /proc/self/status", "Seccomp:\t2"),
        ("--shm-size 1m", "df -k /dev/shm | tail -1 | awk '{print $2}'", "1024"),
        ("--sysctl net.ipv4.ip_default_ttl=77", "cat /proc/sys/net/ipv4/ip_default_ttl", "77"),
        ("", "ls /sys/class/net", "lo"),
        ("--privileged", "grep Seccomp: /proc/self/status", "Seccomp:\t0"),
        ("--entrypoint echo", "hello", "hello"),
    ])
    func options(options: String, command: String, output: String) throws {
        let command = options.contains("--entrypoint") ? command : "sh -c '\(command.replacingSingleQuotes)'"
        let result = try EnginePlace.run(options, command)
        #expect(result.status == 0, "\(result.complaints)")
        #expect(result.output == output + "\n")
    }

    /// Who starts a container by a script finds it again; what another one has written is not written over.
    @Test func identifierFile() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --cidfile id --name cid-$$ busybox true && "$isolab" inspect cid-$$ --format '{{.Id}}' && cat id
            "$isolab" run --rm --cidfile id busybox true; echo $?; "$isolab" rm cid-$$ > /dev/null
            """)
        let lines = result.output.split(separator: "\n")
        let identifier = lines.first.map { String($0.prefix(64)) } ?? ""
        #expect(result.output == "\(identifier)\n\(identifier)125\n", "\(result.output)\(result.complaints)")
        #expect(identifier.count == 64 && result.complaints.contains("--cidfile"))
    }

    /// Limits are the kernel's to keep: what is over them is ended or refused.
    @Test func limits() throws {
        let memory = try EnginePlace.run(
            "--memory 16m", "sh -c 'head -c 64m /dev/zero | tail -c 60m > /dev/null; echo $?'")
        #expect(memory.output == "137\n" || memory.output == "1\n", "\(memory.output)\(memory.complaints)")
        let processes = try EnginePlace.run(
            "--pids-limit 5", "sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done 2>&1; true'")
        #expect((processes.output + processes.complaints).contains("fork"))
    }

    /// Standard input is the container's with `-i` alone; output and errors stay apart.
    @Test func streams() throws {
        let shell = "\"$isolab\" run --rm"
        #expect(try EnginePlace.shell("echo hello | \(shell) -i busybox cat").output == "hello\n")
        #expect(try EnginePlace.shell("echo hello | \(shell) busybox cat").output.isEmpty)
        let both = try EnginePlace.shell("\(shell) busybox sh -c 'echo out; echo err >&2'")
        #expect(both.output == "out\n" && both.complaints == "err\n")
        let many = try EnginePlace.shell("head -c 3000000 /dev/zero | \(shell) -i busybox cat | wc -c")
        #expect(many.output == "3000000\n")
    }

    /// The terminal inside has the size of the one outside, and the one outside is as it was, also after a failure.
    @Test func terminal() throws {
        let result = try EnginePlace.shell(
            """
            cat > inner <<'END'
            stty rows 31 cols 97; stty -a > before
            "$isolab" run --rm -it busybox sh -c 'stty size; tty; exit 4'; echo status $?
            "$isolab" run --rm -it busybox nope; echo status $?
            stty -a > after; cmp before after && echo restored
            END
            "$terminal" 'sh inner' </dev/null
            """)
        #expect(result.output.contains("31 97"), "\(result.output)\(result.complaints)")
        #expect(result.output.contains("/dev/pts/") && result.output.contains("status 4"))
        #expect(result.output.contains("status 127") && result.output.contains("restored"))
    }

    /// Two user spaces at once on one kernel, each with its own: busybox's, and Debian's as this host has it.
    @Test func twoUserSpaces() throws {
        let result = try EnginePlace.shell(
            """
            mkdir -p root/bin root/etc root/usr/bin
            cp /bin/dash root/bin/sh && cp /bin/cat root/bin/ && cp -L /etc/os-release root/etc/
            for file in $(ldd /bin/dash /bin/cat | grep -o '/[^ ]*\\.so[^ ]*' | sort -u); do
                mkdir -p root/$(dirname $file) && cp -L $file root/$file
            done
            "$isolab" image import root "debian-$$" > /dev/null || exit 9
            "$isolab" run --rm -i busybox sh -c 'cat; /bin/busybox | head -1; ls /lib* 2>/dev/null | grep -q libc.so || echo no libc' \\
                > busybox.txt < /etc/hostname &
            "$isolab" run --rm "debian-$$" sh -c 'cat /etc/os-release; test -e /bin/busybox || echo no busybox' > debian.txt
            wait
            cat busybox.txt debian.txt
            """)
        #expect(result.status == 0, "\(result.complaints)")
        #expect(result.output.contains("BusyBox v") && result.output.contains("no libc"))
        #expect(result.output.contains("PRETTY_NAME=") && result.output.contains("no busybox"))
    }

    /// As many layers as images have: each is there.
    @Test func manyLayers() throws {
        let result = try EnginePlace.shell(
            """
            mkdir context; echo FROM busybox > context/Containerfile
            for i in $(seq 60); do echo $i > context/f$i; echo "COPY f$i /many/f$i" >> context/Containerfile; done
            "$isolab" image build -t many-$$ context > /dev/null || exit 9
            "$isolab" inspect many-$$ --format '{{len .RootFS.Layers}}'
            "$isolab" run --rm many-$$ sh -c 'cat /many/* | wc -l'
            """)
        #expect(result.output == "61\n60\n", "\(result.output)\(result.complaints)")
    }

    /// A third request to end is heard whatever the command makes of the first two.
    @Test func endByForce() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --rm --name stubborn-$$ busybox sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done' > log &
            until grep -q ready log; do sleep 0.1; done
            kill -TERM $!; sleep 0.3; kill -TERM $!; sleep 0.3; kill -TERM $!; wait $!; echo $?
            """)
        #expect(result.output == "137\n", "\(result.complaints)")
    }
}

extension String {
    fileprivate var replacingSingleQuotes: String {
        split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    }
}

import Glibc
import Linux
import TestSupport
import Testing

/// What docker's and podman's users type without a thought, and what comes of it.
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct DockerHabitTests {
    /// Values attached to short options, several options in one word, switches that are told yes or no.
    @Test(
        arguments: [
            ("-eA=1", "sh -c 'echo $A'", "1\n"), ("-e=A=1", "sh -c 'echo $A'", "1\n"), ("-uroot", "id -u", "0\n"),
            ("-u12:13", "id -u", "12\n"), ("-v/tmp:/seen:ro", "ls -d /seen", "/seen\n"), ("-w/etc", "pwd", "/etc\n"),
            ("-iu 7", "id -u", "7\n"), ("-hnamed", "hostname", "named\n"), ("-m64m", "echo fine", "fine\n"),
            ("--init=false", "cat /proc/1/comm", "cat\n"),
            ("--read-only=true", "sh -c 'touch /x 2>&1 | grep -c Read-only'", "1\n"),
            ("--privileged=0 -i=false --tty=false", "echo fine", "fine\n"),
            ("-it=false", "sh -c 'tty; true'", "not a tty\n"),
        ] as [(String, String, String)])
    func attachedValues(options: String, command: String, output: String) throws {
        let result = try EnginePlace.run(options, command)
        #expect(result.output == output, "\(result.output)\(result.complaints)")
    }

    /// An empty value that is attached stays empty, and the next word is what it was.
    @Test func emptyValues() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --rm --entrypoint= --workdir= --user= busybox echo ep
            "$isolab" run --rm -w= --env=A=1 busybox echo '-u='
            "$isolab" inspect --format= busybox | head -1; "$isolab" inspect -f 'table {{.Os}}' busybox
            "$isolab" run --rm -d=false busybox echo fine
            """)
        #expect(result.output == "ep\n-u=\n[\ntable linux\nfine\n", "\(result.output)\(result.complaints)")
    }

    /// A program's path, or a directory in PATH, that is relative is looked for from the working directory, under a filter as without.
    @Test(arguments: ["", "--security-opt seccomp=unconfined", "--security-opt no-new-privileges"])
    func relativePrograms(options: String) throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --rm \(options) -w /bin busybox ./echo dot
            "$isolab" run --rm \(options) -w / busybox bin/echo below
            "$isolab" run --rm \(options) -w /etc -e PATH=../bin busybox echo path
            "$isolab" run --rm \(options) --entrypoint ./echo -w /bin busybox entry
            "$isolab" run -d --name relative-$$ \(options) -w /bin busybox ./sleep 1000 > /dev/null
            "$isolab" exec relative-$$ ./echo joined; "$isolab" exec -w /etc relative-$$ ../bin/echo elsewhere
            "$isolab" exec relative-$$ bin/echo no 2> /dev/null; echo "status $?"
            "$isolab" rm -f relative-$$ > /dev/null
            "$isolab" run --rm \(options) -w /etc busybox bin/echo no 2> /dev/null; echo "status $?"
            """)
        #expect(
            result.output == "dot\nbelow\npath\nentry\njoined\nelsewhere\nstatus 127\nstatus 127\n",
            "\(result.output)\(result.complaints)")
    }

    /// A mistake is told as what it is, though an argument is missing too or the value begins with a dash.
    @Test(
        arguments: [
            ("rm -a", 2, "unknown option -a; `isolab rm --help`"),
            ("rmi -a", 2, "unknown option -a; `isolab rmi --help`"),
            ("run --memory -1x busybox", 125, "--memory '-1x'"),
            ("run -m -1x busybox", 125, "--memory '-1x'"), ("inspect -f table x", 2, "--format 'table': takes json"),
            ("pull https://foo/bar", 2, "Usage: isolab pull "),
            ("pull -a", 2, "-a: not supported; `isolab list REPOSITORY`"),
            ("pull -y", 2, "unknown option -y; "),
            (
                "run --stop-timeout x busybox", 125,
                "isolab: --stop-timeout 'x': expected <seconds>; see `isolab run --help`"
            ),
            ("ps -n x", 2, "isolab: -n 'x': expected <number>; see `isolab ps --help`"),
            (
                "selftest --only x", 2,
                "isolab: --only 'x': expected startup, cpu or memory; see `isolab selftest --help`"
            ),
            ("run --detached busybox", 125, "did you mean --detach?"),
            ("login --password-stdin", 2, "Usage: isolab login "),
            ("login --password-stdin", 2, "See 'isolab login --help'"),
            ("registry inspect https://x/y", 2, "See 'isolab registry inspect --help'"),
        ] as [(String, Int32, String)])
    func mistakes(line: String, status: Int32, words: String) throws {
        let result = try EnginePlace.shell("\"$isolab\" \(line)")
        #expect(result.status == status, "\(result.complaints)")
        #expect(result.complaints.contains(words), "\(result.complaints)")
    }

    /// Nothing is found by what could be any word, and what is loaded is called as lists call it.
    @Test func identifiers() throws {
        let result = try EnginePlace.shell(
            """
            id=$("$isolab" images -q busybox | head -1); long=$("$isolab" inspect -f '{{.Id}}' busybox); hex=${long#sha256:}
            short=$(printf %.3s $hex); four=$(printf %.12s $hex)
            "$isolab" tag $short x 2>&1 | grep -c 'no image'; "$isolab" inspect -f '{{.Id}}' $four | grep -c $long
            printf "FROM $four\n" | "$isolab" build -q --pull=never - 2>&1 | grep -c 'no image'
            printf "FROM sha256:$four\n" | "$isolab" build -q - | grep -c sha256
            "$isolab" save -o busybox.tar busybox; [ "$("$isolab" load -q -i busybox.tar)" = $long ] && echo same
            printf 'FROM busybox\n' | "$isolab" build -q --pull=never --platform linux/arm64 -; echo $?
            printf 'FROM busybox\n' | "$isolab" build -q --pull=never --platform foo/bar -; echo $?
            """)
        #expect(result.output == "1\n1\n1\n1\nsame\n1\n1\n", "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("not for linux/arm64") && result.complaints.contains("not for foo/bar"))
    }

    /// `--rm=false` keeps a container, `-n0` lists none, and what is neither yes nor no is refused.
    @Test func switches() throws {
        let result = try EnginePlace.shell(
            """
            name=switch-$$; "$isolab" run --rm=false --name $name busybox true
            "$isolab" ps -aq -fname=$name | wc -l; "$isolab" ps -n0 -q | wc -l; "$isolab" rm -f=true $name >/dev/null
            "$isolab" ps -aq -fname=$name | wc -l; "$isolab" run --rm=maybe busybox true; echo $?
            "$isolab" images --quiet=maybe; echo $?; "$isolab" run --rm busybox echo --rm=maybe
            """)
        #expect(result.output == "1\n0\n0\n125\n2\n--rm=maybe\n", "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("isolab: --rm 'maybe': takes true or false\n"))
    }

    /// What is not there yet is told by its name in one line, with the nearest thing that is.
    @Test(
        arguments: [
            ("plugin ls", 2, "isolab has no plugins"),
            ("system prune --filter until=1h", 2, "--filter: "),
            ("container nosuch", 2, "there is no command 'nosuch'; `isolab container --help`"),
            ("run --link a busybox", 125, "--link: not supported; containers in one network"),
            ("run --expose=80 busybox", 125, "--expose: "),
            ("run --gpus all busybox", 125, "--device"),
            ("build --push .", 2, "isolab push"),
            ("build --ssh default .", 2, "--secret"),
        ] as [(String, Int32, String)])
    func notThereYet(line: String, status: Int32, words: String) throws {
        let result = try EnginePlace.shell("\"$isolab\" \(line)")
        #expect(result.status == status, "\(result.complaints)")
        #expect(result.complaints.hasPrefix("isolab: ") && result.complaints.contains(words), "\(result.complaints)")
        #expect(result.complaints.split(separator: "\n").count == 1, "\(result.complaints)")
    }

    /// One status for a command line that isolab does not take, whether others know its words or nobody does; engines' commands have
    /// theirs. What is removed while it runs is told how to be ended by something that there is.
    @Test func statuses() throws {
        let result = try EnginePlace.shell(
            """
            for line in logs nosuch 'container start' 'images --nosuch' 'build --push .' 'pull -a' 'pull --nosuch' 'history --human=false x' \
                'registry nosuch' 'bench --nosuch'; do
                "$isolab" $line > /dev/null 2>&1; echo -n "$? "
            done
            for line in 'run --gpus all busybox' 'run --nosuch busybox' 'exec --detach-keys a x' 'exec --nosuch x'; do
                "$isolab" $line > /dev/null 2>&1; echo -n "$? "
            done
            name=status-$$; "$isolab" run --rm --name $name busybox sleep 600 & until "$isolab" exec $name true 2> /dev/null; do sleep 0.1; done
            "$isolab" rm $name; echo $?; "$isolab" rm -f $name > /dev/null; wait
            """)
        #expect(result.output == "2 2 2 2 2 2 2 2 2 2 125 125 125 125 1\n", "\(result.output)\(result.complaints)")
        #expect(result.complaints.contains("stop it first with `isolab stop status-"), "\(result.complaints)")
    }

    /// What cannot be is told in words of the option that asks for it, before anything is made or fetched.
    @Test(arguments: [
        ("-v /nosuch:/n", "--volume '/nosuch': there is no such file or directory on this host"),
        ("--mount type=bind,source=/nosuch,target=/n", "there is no such file or directory on this host"),
        ("-v /etc:/proc", "--volume '/proc': the container's own /proc"),
        ("--tmpfs /proc/sys", "--tmpfs '/proc/sys': "),
        ("--cpuset-cpus 99999", "--cpuset-cpus '99999': this host has no 99999; its processors are 0"),
        ("--cpuset-mems 4000", "--cpuset-mems '4000': this host has no 4000"),
        ("--cpuset-cpus 1-", "takes numbers and ranges"),
        ("--env-file /nosuch", "--env-file '/nosuch': open /nosuch: No such file"),
        ("-v /etc:/dev", "--volume '/dev': /etc has no device files"),
        ("--stop-signal FOO", "--stop-signal 'FOO': is not a signal"),
    ])
    func impossible(options: String, words: String) throws {
        let result = try EnginePlace.shell(
            "\"$isolab\" run \(options) --cidfile id none-such-image true; echo $?; ls id 2>/dev/null")
        #expect(result.output == "125\n" && result.complaints.contains(words), "\(result.output)\(result.complaints)")
        #expect(result.complaints.split(separator: "\n").count == 1, "\(result.complaints)")
    }

    /// What only the kernel knows of a parameter is told by the option, too; and a name that nothing has is told as such.
    @Test(
        arguments: [
            (
                "run --rm --sysctl net.nosuch=1 busybox true", 125,
                "--sysctl 'net.nosuch': the container's kernel has no such"
            ),
            (
                "run --rm --sysctl net.ipv4.ip_forward=x busybox true", 125,
                "--sysctl 'net.ipv4.ip_forward': the kernel does not accept"
            ),
            ("inspect nosuch", 1, "there is no container, image, network or volume 'nosuch'"),
            ("container inspect nosuch", 1, "there is no container 'nosuch'"),
            ("image inspect nosuch", 1, "there is no image 'nosuch'"), ("search busybox", 2, "names no registry"),
            ("run --cidfile /nosuch/id busybox true", 125, "--cidfile '/nosuch/id': "),
        ] as [(String, Int32, String)])
    func told(line: String, status: Int32, words: String) throws {
        let result = try EnginePlace.shell("\"$isolab\" \(line)")
        #expect(result.status == status && result.complaints.contains(words), "\(result.complaints)")
        #expect(result.complaints.split(separator: "\n").count == 1, "\(result.complaints)")
    }

    /// What asks for something that is so anyway is taken, and what is not there is no failure of a removal by force.
    @Test func harmless() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --rm --restart=no --detach=false --sig-proxy=true --cgroupns private --log-driver none busybox echo --restart=no
            printf 'FROM busybox\\nLABEL a=b\\n' | "$isolab" build -q --load --rm=true --force-rm -t harmless-$$ - > /dev/null; echo $?
            "$isolab" rm -f nosuch; echo $?; "$isolab" rmi -f nosuch harmless-$$ > /dev/null; echo $?; "$isolab" rm nosuch; echo $?
            "$isolab" run --rm busybox nosuch; echo $?
            """)
        #expect(result.output == "--restart=no\n0\n0\n0\n1\n127\n", "\(result.output)\(result.complaints)")
        #expect(
            result.complaints.contains("nosuch: there is no such program in the container's PATH"),
            "\(result.complaints)")
    }

    /// `version` and `info` answer docker's own templates; what is counted is what is there.
    @Test func information() throws {
        let result = try EnginePlace.shell(
            """
            v=$("$isolab" --version); "$isolab" version --format '{{.Client.Version}} {{.Server.Version}}' | sed "s/$v/VERSION/g"
            "$isolab" version | grep -c -e '^Client:' -e '^Server:' -e "Version: .*$v"; "$isolab" version -f json | grep -c '^{"Client":{"Version":"'
            [ "$("$isolab" info -f '{{.KernelVersion}} {{.NCPU}} {{.OSType}}')" = "$(uname -r) $(getconf _NPROCESSORS_ONLN) linux" ] && echo host
            export ISOLAB_DATA="$place/own"; "$isolab" image bootstrap busybox > /dev/null; "$isolab" tag busybox again
            "$isolab" run --name ended busybox true
            for name in runs waits; do "$isolab" run -d --name $name busybox sleep 1000 > /dev/null; done; "$isolab" pause waits > /dev/null
            "$isolab" info --format '{{.Containers}} {{.ContainersRunning}} {{.ContainersPaused}} {{.ContainersStopped}} {{.Images}}'
            "$isolab" system info | grep -c -x -e ' Running: 1' -e ' Log: json-file none' -e 'Default Runtime: isolab' -e "Data Directory: $place/own"
            "$isolab" info -f json | grep -c '"name=seccomp,profile=builtin"'; "$isolab" info -f '{{.Nothing}}'; echo $?
            "$isolab" unpause waits > /dev/null; "$isolab" rm -f runs waits ended > /dev/null
            """)
        #expect(
            result.output == "VERSION VERSION\n5\n1\nhost\n3 1 1 1 1\n4\n1\n2\n", "\(result.output)\(result.complaints)"
        )
    }

    /// A signal that is none is refused at a build, too, and whatever makes an image.
    @Test func stopSignals() throws {
        let result = try EnginePlace.shell(
            """
            printf 'FROM busybox\\nSTOPSIGNAL FOO\\n' | "$isolab" build -q -; echo $?
            "$isolab" run --name signal-$$ busybox true
            "$isolab" commit -c 'STOPSIGNAL 99' signal-$$ no-$$; echo $?; "$isolab" rm signal-$$ >/dev/null
            """)
        #expect(result.output == "1\n1\n", "\(result.output)")
        #expect(
            result.complaints.contains("'FOO' is not a signal") && result.complaints.contains("'99' is not a signal"))
    }

    /// Nobody looked for an image that is always pulled.
    @Test func pulling() throws {
        let result = try EnginePlace.shell(
            """
            "$isolab" run --rm --pull always 127.0.0.1:9/none true 2>&1 | grep -c 'Unable to find'
            "$isolab" run --rm --pull missing 127.0.0.1:9/none true 2>&1 | grep -c 'Unable to find'
            """)
        #expect(result.output == "0\n1\n", "\(result.output)\(result.complaints)")
    }

    /// The columns are docker's; in a terminal of 80 characters a line is no longer, and how a container is stays whole.
    @Test func columns() throws {
        let result = try EnginePlace.shell(
            """
            name=columns-$$-with-a-name-that-is-long; "$isolab" run --name $name busybox sh -c 'echo a command that is long; exit 3'
            "$isolab" ps -a --filter name=$name | head -1 | tr -s ' '
            printf 'stty cols 80; "%s" ps -a --filter name=%s' "$isolab" $name > listing
            "$terminal" 'sh listing' < /dev/null | tr -d '\\r' | tail -2 > row
            wc -L < row; grep -c 'Exited (3)' row; grep -cx "  $name" row
            "$isolab" ps -a --filter name=$name --format '{{.Ports}}|{{.Networks}}|{{.RunningFor}}' | grep -c '^|none|.* ago'
            "$isolab" rm $name > /dev/null
            """)
        let lines = result.output.split(separator: "\n")
        #expect(
            lines.count == 6 && lines[1] == "CONTAINER ID IMAGE COMMAND CREATED STATUS PORTS NAMES", "\(result.output)")
        #expect(lines.count == 6 && Int(lines[2]) ?? 99 <= 80 && lines[3...] == ["1", "1", "1"], "\(result.output)")
    }

    /// COMMAND has twenty characters, as docker's, in templates as well; `--no-trunc` shows all of it. How a container is stays whole.
    @Test func commands() throws {
        let result = try EnginePlace.shell(
            """
            name=commands-$$; "$isolab" run --name $name busybox sh -c 'echo "a" command that is long' > /dev/null
            list() { "$isolab" ps -a --filter name=$name "$@"; }
            list --format '{{.Command}}|{{.LocalVolumes}}'; list --no-trunc --format '{{.Command}}'
            list | grep -c -F 'comm…"  '; list | grep -c 'Exited (0) [A-Z0-9][a-z0-9 ]* ago'
            list --no-trunc | grep -c 'that is long'
            "$isolab" rm $name > /dev/null
            """)
        #expect(
            result.output == #"""
                "sh -c echo \"a\" comm…"|0
                "sh -c echo \"a\" command that is long"
                1
                1
                1

                """#, "\(result.output)\(result.complaints)")
    }

    /// The fields that everyday templates read, of a container that runs and of one that has ended.
    @Test func templates() throws {
        let result = try EnginePlace.shell(
            """
            name=template-$$; "$isolab" run --name $name -l k=v -e A=1 --memory 64m -v /tmp:/seen:ro --init busybox sleep 600 &
            until "$isolab" exec $name true 2>/dev/null; do sleep 0.1; done
            show() { "$isolab" container inspect --format "$1" $name; }
            show '{{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.Config.Image}} {{.Config.Cmd}}'
            test "$(show '{{.State.Pid}}')" -gt 1 && kill -0 "$(show '{{.State.Pid}}')" && echo alive
            show '{{range .Config.Env}}{{println .}}{{end}}' | grep -c '^A=1$'
            show '{{range $k, $v := .NetworkSettings.Networks}}{{$k}}{{end}}|{{.NetworkSettings.IPAddress}}|{{json .NetworkSettings.Ports}}'
            show '{{.HostConfig.Memory}} {{.HostConfig.AutoRemove}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.NetworkMode}}'
            show '{{range .Mounts}}{{.Type}} {{.Source}} {{.Destination}} {{.RW}}{{end}}'
            show '{{index .Config.Labels "k"}} {{.Config.Labels.none}} {{len .Config.Cmd}} {{join .Config.Cmd "+"}} {{.RestartCount}}'
            show '{{if .State.Running}}up{{else}}down{{end}} {{slice .Id 0 3 | len}}'
            "$isolab" inspect $name | grep -c '"HostConfig"'
            "$isolab" rm -f $name > /dev/null; wait
            "$isolab" run --name $name busybox false; show '{{.State.Status}} {{.State.ExitCode}} {{.Config.Cmd}} {{.State.Pid}}'
            "$isolab" images --format '{{if eq .Repository "busybox"}}{{.Repository}}{{range $i, $x := split .Tag "t"}}{{$i}}{{end}}{{end}}' | grep busybox
            "$isolab" image inspect $name; echo $?; "$isolab" container inspect busybox; echo $?; "$isolab" rm $name > /dev/null
            """)
        #expect(
            result.output == """
                running true 0 busybox [sleep 600]
                alive
                1
                none||{}
                67108864 false no none
                bind /tmp /seen false
                v <no value> 2 sleep+600 0
                up 3
                1
                exited 1 [false] 0
                busybox012
                []
                1
                []
                1

                """, "\(result.output)\(result.complaints)")
    }

    /// The commands of containers have their names in a group, too.
    @Test func group() throws {
        let result = try EnginePlace.shell(
            """
            name=group-$$; "$isolab" container run --name $name busybox sh -c 'echo said; exit 3'; echo $?
            "$isolab" container ls -aq -f name=$name | wc -l; "$isolab" container list -a --format '{{.Names}}' | grep -c $name
            "$isolab" container rm $name | grep -c $name; "$isolab" container exec nobody true; echo $?
            export ISOLAB_DATA="$place/data"; "$isolab" image bootstrap busybox > /dev/null
            "$isolab" run --name $name busybox sh -c 'head -c 5000 /dev/zero > /x'
            "$isolab" run --name $name-2 busybox sh -c 'echo up; exec sleep 60' > log & until grep -q up log; do sleep 0.05; done
            "$isolab" container prune -f | sed "s/$name/ended/; s/space: [1-9][0-9.]*kB/space: as much/"; "$isolab" ps -a --format '{{.Names}}' | grep -c $name
            "$isolab" rm -f $name-2 > /dev/null; wait
            """)
        #expect(
            result.output == """
                said
                3
                1
                1
                1
                125
                Deleted: ended
                Total reclaimed space: as much
                1

                """, "\(result.output)\(result.complaints)")
    }

    /// A search finds what holds the word, wherever; signs make a pattern of the whole.
    @Test(.enabled(if: access("\(IsolabProgram.directory)/isolab-registry", X_OK) == 0, "needs isolab-registry"))
    func search() throws {
        let result = try EnginePlace.shell(
            """
            "$(dirname "$isolab")/isolab-registry" serve --listen 127.0.0.1:0 --root registry > address & server=$!
            until [ -s address ]; do sleep 0.05; done; at=$(grep -o '127.0.0.1:[0-9]*' address | head -1)
            for name in my/busybox-one other; do "$isolab" tag busybox $at/$name:1.2.3; "$isolab" push -q $at/$name:1.2.3 > /dev/null
                "$isolab" rmi $at/$name:1.2.3 > /dev/null; done
            "$isolab" search $at/busy | sed 's,.*:[0-9]*/,,'; "$isolab" search "$at/busy*"; "$isolab" search $at/my/busybox-one:2 | sed 's,.*/,,'
            "$isolab" search $at/ | wc -l; "$isolab" registry serve --help | grep -c '^USAGE: isolab registry serve'
            kill $server; wait $server 2>/dev/null; true
            """)
        #expect(result.output == "my/busybox-one\nbusybox-one:1.2.3\n2\n1\n", "\(result.output)\(result.complaints)")
    }
}

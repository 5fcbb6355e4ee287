/// A Containerfile of everyday instructions and the values it is built with, drawn from a seed: the same seed is the same build.
///
/// What podman 4.3 (buildah 1.28) is known to do otherwise than Docker's reference and BuildKit is not drawn, for a difference
/// would say nothing of isolab:
/// - here-documents, which it does not know; `EXPOSE` of ranges, which it keeps as they are written
/// - `WORKDIR` whose directory it makes only when something runs: a RUN stands behind each
/// - `--chown` for archives, which BuildKit heeds since 0.23; set-user-id bits under `--chown`, which get lost in it
/// - a file onto a link to a file, which it replaces, where Docker writes what the link names
/// - the shell form of ENTRYPOINT under a SHELL of a stage before, which it forgets
/// - exceptions of an ignore file that begin with `**`, for which it does not look into directories that are ignored
/// - the mode of an ignored directory with an exception below: it makes a new one, where BuildKit sends the context's
/// - a link of the context to what is ignored, which it follows to where BuildKit has nothing
/// - variables that are set again, which it moves to the end (the test compares them sorted), and a WORKDIR that is no clean
///   path, which it keeps as it is written
struct GeneratedBuild {
    private(set) var lines: [String] = []
    private(set) var arguments: [(name: String, value: String)] = []
    private var random: SplitMix
    private var variables: [String] = []
    private var stages: [String] = []
    private var probes = 0

    /// The image every stage can begin with: users, links and directories to copy onto.
    static let base = """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "-s", "/bin"]
        RUN mkdir -p /etc /pre/in /dst /tmp /home/me /root && chmod 1777 /tmp && chmod 750 /pre/in && echo pre > /pre/f \
         && echo z > /pre/in/z && ln -s /dst /lnk && ln -s missing /dangling && chown 1000:1001 /home/me \
         && printf 'root:x:0:0::/root:/bin/sh\\nme:x:1000:1001::/home/me:/bin/sh\\n' > /etc/passwd \
         && printf 'root:x:0:\\ngrp:x:77:me\\nme:x:1001:\\n' > /etc/group
        ENV D=d
        """

    /// The context all are built in, as a shell makes it in an empty directory.
    static let context = """
        mkdir -p d/sub e/sub 'sp ace' empty tar/td && echo A > a && echo bee > b.txt && echo log > c.log && echo h > .hidden
        echo 1 > d/one && echo 2 > d/two.txt && echo deep > d/sub/deep && echo dot > d/sub/.dot && echo e > e/sub/deep
        echo o > e/other && echo s > 'sp ace/f g' && ln -s one d/link && ln -s d dirlink && ln -s nowhere d/dangling
        ln -s a alink && ln d/one d/hard && chmod 640 d/two.txt && chmod 755 e/other && chmod 600 b.txt && chmod 700 empty
        chmod 1777 d/sub/deep && echo f > tar/td/f && chmod 4755 tar/td/f && ln tar/td/f tar/td/h && ln -s f tar/td/l
        chown 3:4 tar/td && chmod 750 tar/td && chown -h 5:6 tar/td/l
        for form in '' z J j; do tar -C tar -c${form}f t.tar$form --sort=name td; done; tar -C tar -cf - td | zstd -q > t.tar.zst
        rm -r tar && echo plain | gzip -n > plain.gz
        """

    init(seed: UInt64) {
        random = SplitMix(state: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1)
        if chance(30) { lines.append("ARG G0=\(pick("g", "'g g'", "\"$HOME\""))") }
        for _ in 0..<pick(1, 1, 2, 3) { addStage() }
    }

    var text: String { lines.joined(separator: "\n") + "\n" }

    /// `.dockerignore`, for some.
    mutating func ignoreFile() -> String? {
        guard chance(50) else { return nil }
        let patterns = [
            "*.log", "d/sub", "**/deep", "e", "!e/other", "!d/sub/deep", "*", "!a", "!d", "!*.txt", "# words", "",
            "d/*",
            "**/*.txt", "/a", "./b.txt", "!d/sub/", "[a-b]*", "?.log", ".*", "!.hidden", "**",
            "!d/**",
            "empty/", "*/sub", "sp ace",
        ]
        return (0..<pick(1, 2, 3, 4, 5)).map { _ in pick(patterns) }.joined(separator: "\n") + "\n"
    }

    // MARK: - Drawing

    private mutating func pick<Value>(_ values: Value...) -> Value { pick(values) }

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(random.next() % UInt64(values.count))] }

    private mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

    private mutating func addStage() {
        let name = pick("", " AS one\(stages.count)", " as Two\(stages.count)", " AS b-\(stages.count)")
        let named = stages.filter { !$0.allSatisfy(\.isNumber) }
        lines.append("FROM \(pick(["base", "base"] + named))\(name)")
        variables = ["U", "A", "B"]
        if chance(30) {
            lines.append("ARG G0")
            variables.append("G0")
        }
        for _ in 0..<pick(2, 3, 4, 5, 6, 7) {
            switch pick(0, 0, 0, 1, 2, 2, 3, 4, 4, 5, 5, 5) {
            case 0: addCopy()
            case 1:
                lines.append(
                    "ADD \(pick("t.tar", "t.tarz", "t.tarJ", "t.tarj", "t.tar.zst", "plain.gz", "a")) \(destination)")
            case 2: addEnvironment()
            case 3: addArgument()
            case 4: addRun()
            default: addSetting()
            }
        }
        stages.append(String(lines.count { $0.hasPrefix("FROM") } - 1))
        if let name = name.split(separator: " ").last { stages.append(String(name)) }
    }

    private var expression: String {
        mutating get {
            let v = pick(variables + ["UNSET"])
            return pick(
                "$\(v)", "${\(v)}", "${\(v):-def}", "${\(v):+alt}", "\\$\(v)", "\\${\(v)}", "'$\(v)'", "\"$\(v)\"",
                "a$\(v)b",
                "${\(v):-${B}x}", "${\(v)}_${\(v)}", "\"a b $\(v)\"", "'single $A'", "\"q\\\"q\"", "x\\ y", "plain",
                "$\(v)/$UNSET", "\"${\(v):-a b}\"", "$$A", "a\\\\b", "it\\'s", "a$", "\"\"", "k=v")
        }
    }

    private var destination: String {
        mutating get {
            pick(
                "/x", "/x/", "/x/y", "/x/y/z/", ".", "./", "rel", "rel/", "/", "/etc/", "/lnk", "/lnk/", "/lnk/in/",
                "/dst",
                "/dst/", "../up/", "/x/../n/", "/x//double/", "$D/sub/", "/w/${A:-dd}/", "//z", "/dangling/", "/k/./b/",
                "/pre", "/pre/")
        }
    }

    private mutating func addCopy() {
        var words = ["COPY"]
        if chance(30) { words.append("--chown=" + pick("1", "5:6", "me", "me:grp", "me:9", "0:grp", "7:grp")) }
        if chance(20) { words.append("--chmod=" + pick("755", "0600", "644", "1777")) }
        var sources: [String] = []
        if !stages.isEmpty, chance(50) {
            words.append("--from=\(pick(stages))")
            sources = [
                pick(
                    "/etc/passwd", "/pre", "/pre/", "/pre/*", "etc/group", "/dst", "/dst/.", "/pre/../etc/group", "lnk/"
                )
            ]
        } else {
            for _ in 0..<pick(1, 1, 1, 2, 3) {
                sources.append(
                    pick(
                        "a", "b.txt", "d", "d/", "*.txt", ".hidden", "d/sub", "d/sub/", "e", "?", "[ab]*", "dirlink",
                        "dirlink/", "dirlink/one", "alink", "d/link", "empty", "./a", "/a", "/d/one", "d/../a", ".",
                        "./",
                        "d/o*", "*/sub", "e/../d", "d/.", "d/hard", "t.tar", "[ab]", "${A:-a}", "$D/one", "../a",
                        "d/sub/*"))
            }
        }
        var target = destination
        // Of several the destination is a directory, as the reference has it; podman takes it for one without its slash.
        let isPattern = sources.contains { $0.contains { "*?[".contains($0) } }
        if sources.count > 1 || isPattern, !target.hasSuffix("/") { target += "/" }
        if chance(8) { sources = ["sp ace/f g"] }
        if sources.contains(where: { $0.contains(" ") }) || chance(15) {
            lines.append(
                (words + ["[\((sources + [target]).map { "\"\($0)\"" }.joined(separator: ", "))]"]).joined(
                    separator: " "))
        } else {
            lines.append((words + sources + [target]).joined(separator: " "))
        }
    }

    private mutating func addEnvironment() {
        let names = ["A", "B", "C", "D1", "E_e", "HOME2", "PATHX"]
        if chance(20) {
            let name = pick(names)
            lines.append("ENV \(name) \(expression) \(expression)")
            variables.append(name)
            return
        }
        let own = (0..<pick(1, 2, 3)).map { _ in pick(names) }
        lines.append("ENV " + own.map { "\($0)=\(expression)" }.joined(separator: pick(" ", " \\\n  ", "  ")))
        variables += own
    }

    private mutating func addArgument() {
        let name = pick("A", "B", "C", "D1", "E_e")
        if chance(30) { arguments.append((name, pick("v1", "two words", "$A", ""))) }
        lines.append("ARG \(name)" + (chance(70) ? "=\(expression)" : ""))
        variables.append(name)
    }

    private mutating func addRun() {
        probes += 1
        let file = "/tmp/p\(probes)"
        lines.append(
            pick(
                "RUN echo \"$A|$B|${C:-no}|$D1|$E_e\" > \(file)", "RUN (pwd; id -u; id -g; echo $HOME) > \(file)",
                "RUN env | grep -E '^(A|B|C|D|D1|E_e|HOME2|PATHX|PATH|G0)=' | sort > \(file)",
                "RUN [\"/bin/sh\", \"-c\", \"echo $A $0 > \(file)\", \"arg\"]",
                "RUN echo a \\\n  # words\n\n  && echo b > \(file) \\\n  && true",
                "RUN rm -rf /pre && mkdir -p /pre/new && ln -s new /pre/nl",
                "RUN umask > \(file); stat -c '%a %U %n' /tmp /pre /dst >> \(file); id -G >> \(file)",
                "RUN touch \(file) && chown 3:4 \(file); chmod 6755 \(file); ln \(file) \(file).hard || true",
                "run echo lower > \(file)"))
    }

    private mutating func addSetting() {
        switch random.next() % 12 {
        case 0:
            let path = pick(
                "/w", "rel", "rel/deep", "/w/${B:-dflt}", "..", "/a b", "'q'", "\"dq\"", ".", "/lnk/wd",
                "~")
            lines += ["WORKDIR \(path)", "RUN true"]
        case 1: lines.append("USER " + pick("me", "1000", "0", "5:6", "me:grp", "root", "${U:-me}", "7:grp"))
        case 2:
            lines.append(
                "LABEL "
                    + pick(
                        "a=b", "a=\"b c\" d='e f'", "a.b=\"x\\\ny\"", "k v w", "\"q k\"=v", "m=\"multi \\\n  line\"",
                        "l=$A",
                        "l2='$A'", "l3=\"$A ${B:-n}\"", "n=a\\ b", "e=", "a=b \\\n # words \n c=d", "j={\"x\":1}",
                        "w=\"\\\"quoted\\\"\"", "x=\\$A"))
        case 3: lines.append("EXPOSE " + pick("80", "80/tcp 53/udp", "${P:-99}", "90 91/udp"))
        case 4: lines.append("STOPSIGNAL " + pick("SIGTERM", "9", "INT", "SIGRTMIN+3", "${SG:-SIGUSR1}"))
        case 5: lines.append("SHELL " + pick(#"["/bin/sh", "-ec"]"#, #"["/bin/busybox", "sh", "-c"]"#))
        case 6: lines.append("ENTRYPOINT " + pick(#"["/bin/sh"]"#, #"["/bin/echo", "$A"]"#, "[]"))
        case 7: lines.append("CMD " + pick(#"["-c", "true"]"#, "[]", #"["a b", "c"]"#))
        case 8:
            lines.append(
                "HEALTHCHECK "
                    + pick(
                        "NONE", "CMD true", #"--interval=5s --retries=2 CMD ["/bin/true", "x"]"#,
                        "--timeout=1m30s --start-period=1s CMD curl $A"))
        case 9:
            lines.append(
                "ONBUILD "
                    + pick("RUN echo ob > /ob", "COPY a /oba", "ENV OB=1", "LABEL ob=$A", "ADD d /obd", "USER me"))
        case 10: lines.append("MAINTAINER " + pick("Some One <a@b>", "$A"))
        default: lines.append(pick("# words $A", ""))
        }
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

import OCI
import Testing

@testable import Engine

/// The options of `run`, each by a table of what it takes and what it refuses.
@Suite struct OptionTests {
    /// Sizes are exact, in 1024ths, whatever way the unit is written.
    @Test(
        arguments: [
            ("0", 0), ("4096", 4096), ("1b", 1), ("512k", 512 << 10), ("512KB", 512 << 10), ("512m", 512 << 20),
            ("1.5g", 3 << 29), ("2GiB", 2 << 30), ("0.1k", 102), ("1t", 1 << 40), ("3p", 3 << 50), (".5m", 512 << 10),
        ] as [(String, Int64)])
    func sizes(text: String, bytes: Int64) throws {
        #expect(try ByteSize("--memory", text).bytes == bytes)
    }

    /// What is no size names the option and what it was given.
    @Test(arguments: ["", "m", "12x", "-5m", "1.2.3m", "1e3", "0x10", "９m", "99999999p", "12 m", "1mm", "ib"])
    func sizesRefused(text: String) {
        let error = #expect(throws: OptionError.self) { try ByteSize("--memory", text) }
        #expect(error?.option == "--memory")
        #expect(error?.value == text)
        #expect(throws: OptionError.self) { try ByteSize("--memory", "-1") }
        #expect((try? ByteSize("--memory-swap", "-1", allowsUnlimited: true))?.bytes == -1)
    }

    /// What parts an option is a byte, whatever follows it: a combining character makes one character of both to those who look at
    /// characters, and the kernel and the command see the byte.
    @Test func combiningCharacters() throws {
        let change = try EnvironmentChange("-e", "A=\u{301}x")
        #expect(change.name == "A" && change.value == "\u{301}x")
        #expect(EnvironmentChange.apply([change], to: ["A=\u{302}y"]) { _ in nil } == ["A=\u{301}x"])
        #expect(try NamedValue("--label", "a=\u{301}").value == "\u{301}")
        let volume = try VolumeMount("-v", "/\u{301}a:/\u{301}b:ro")
        #expect(volume.source == "/\u{301}a" && volume.target == "/\u{301}b" && volume.readOnly)
        #expect(throws: OptionError.self) { try VolumeMount("-v", "/a:/b/../\u{301}c") }
        #expect(throws: OptionError.self) { try TemporaryMount("--tmpfs", "/b/../\u{301}c") }
    }

    /// Parts of a processor are exact: 0.29 is 29 000 microseconds, which it is not in binary.
    @Test(
        arguments: [("1", 100_000), ("0.29", 29_000), ("1.5", 150_000), ("0", nil), ("64", 6_400_000)]
            as [(String, Int64?)])
    func processors(text: String, quota: Int64?) throws {
        #expect(try ProcessorTime("--cpus", text).quota == quota)
    }

    @Test(arguments: ["", "-1", "half", "0.001", "1,5", "999999999999999999"])
    func processorsRefused(text: String) {
        #expect(throws: OptionError.self) { try ProcessorTime("--cpus", text) }
    }

    /// A volume is an absolute path on both sides, with a mode.
    @Test(arguments: [
        ("/a:/b", "/a", "/b", false, "rprivate"), ("/a:/b:ro", "/a", "/b", true, "rprivate"),
        ("/a:/b/:rw,rshared", "/a", "/b", false, "rshared"), ("/:/host/./x:ro,slave", "/", "/host/x", true, "slave"),
    ])
    func volumes(text: String, source: String, target: String, readOnly: Bool, propagation: String) throws {
        let volume = try VolumeMount("-v", text)
        #expect(volume.source == source && volume.target == target)
        #expect(volume.readOnly == readOnly && volume.propagation == propagation)
    }

    @Test(arguments: [
        ("/a", "SOURCE:TARGET"), ("/a:/b:ro,rw", "both"), ("data:/b", "name of a volume"), ("./a:/b", "absolute"),
        ("a/b:/c", "absolute"),
        ("/a:b", "absolute"), ("/a:/", "root itself"), ("/a:/b/../..", "go up"), ("/a:/b:rx", "rx"),
        ("/a:/b:U", "'U'"), ("/a:/b:ro:x", "SOURCE:TARGET"), (":/b", "absolute"),
    ])
    func volumesRefused(text: String, word: String) {
        let error = #expect(throws: OptionError.self) { try VolumeMount("--volume", text) }
        #expect(error?.description.contains(word) == true)
    }

    /// A source that begins with a dot is seen from the working directory; a word alone stays a volume's name.
    @Test(arguments: [
        ("./x:/v", "/w/d/x"), ("../x/./y:/v", "/w/x/y"), (".:/v", "/w/d"), ("..:/v", "/w"), ("../../../x:/v", "/x"),
        ("/x:/v", "/x"),
    ])
    func relativeVolumes(text: String, source: String) throws {
        #expect(try VolumeMount("-v", text, relativeTo: "/w/d").source == source)
    }

    @Test func volumeFlags() throws {
        let volume = try VolumeMount("-v", "/a:/b:noexec,ro,Z,cached,nosuid")
        #expect(volume.relabels && volume.mount.options == ["rbind", "ro", "noexec", "nosuid", "rprivate"])
        for text in ["data:/v", "a/b:/v", ".hidden:/v", ":/v"] {
            #expect(throws: OptionError.self, "\(text)") { try VolumeMount("-v", text, relativeTo: "/w") }
        }
    }

    /// A word is a volume's name, a path alone the place of a new one; all else is a path of the host.
    @Test func namedVolumes() throws {
        func named(_ text: String) throws -> NamedVolumeMount? {
            guard case .named(let mount) = try VolumeOption("-v", text, relativeTo: "/w") else { return nil }
            return mount
        }
        func expected(_ name: String?, readOnly: Bool = false, copies: Bool = true) -> NamedVolumeMount {
            NamedVolumeMount(name: name, target: "/b", readOnly: readOnly, copies: copies, asked: .init("-v"))
        }
        #expect(try named("data:/b") == expected("data"))
        #expect(try named("data:/b/:ro,nocopy,z") == expected("data", readOnly: true, copies: false))
        #expect(try named("/b") == expected(nil))
        for text in ["/a:/b", "./a:/b", ".:/b"] { #expect(try named(text) == nil) }
        guard case .named(let mount) = try MountOption("--mount", "src=data,dst=/b,ro,volume-nocopy") else {
            Issue.record("is not a volume")
            return
        }
        #expect(mount == expected("data", readOnly: true, copies: false))
        guard case .named(let nameless) = try MountOption("--mount", "dst=/b") else {
            Issue.record("is not a volume")
            return
        }
        #expect(nameless == expected(nil))
    }

    /// The long form says the same in fields, under all the names Docker has for them.
    @Test func mountFields() throws {
        func volume(_ text: String) throws -> VolumeMount? {
            guard case .host(let volume) = try MountOption("--mount", text, relativeTo: "/w") else { return nil }
            return volume
        }
        #expect(
            try volume("type=bind,source=/a,target=/b,readonly,bind-propagation=rslave")
                == VolumeMount("-v", "/a:/b:ro,rslave"))
        #expect(try volume("type=bind,src=./a,dst=/b,ro=false") == VolumeMount("-v", "/w/a:/b"))
        guard
            case .temporary(let memory) = try MountOption(
                "--mount", "type=tmpfs,destination=/t,tmpfs-size=1m,tmpfs-mode=0700,ro")
        else {
            Issue.record("is no file system in memory")
            return
        }
        #expect(memory.target == "/t")
        #expect(memory.options == TemporaryMount.defaults + ["size=1048576", "mode=700", "ro"])
    }

    @Test(arguments: [
        ("type=bind,source=/a", "target="), ("type=bind,target=/b", "source="),
        ("source=v,target=/b", "name of a volume"),
        ("type=npipe,target=/b", "npipe"), ("type=bind,source=/a,target=b", "absolute"),
        ("type=bind,source=/a,target=/b,tmpfs-size=1m", "tmpfs-size"), ("type=tmpfs,target=/b,source=/a", "source"),
        ("type=bind,source=/a,target=/b,dst=/c", "twice"), ("type=bind,source=/a,target=/b,ro=maybe", "maybe"),
        ("type=tmpfs,target=/b,tmpfs-mode=rwx", "octal"),
        ("type=bind,source=/a,target=/b,bind-propagation=x", "shared"),
    ])
    func mountFieldsRefused(text: String, word: String) {
        let error = #expect(throws: OptionError.self) { try MountOption("--mount", text) }
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }

    @Test func hostAddresses() throws {
        #expect(try HostAddress("--add-host", "db:10.0.0.2").line == "10.0.0.2\tdb\n")
        #expect(try HostAddress("--add-host", "six=[fd00::2]").line == "fd00::2\tsix\n")
        #expect(try HostAddress("--add-host", "six:fd00::2").address == "fd00::2")
        for text in ["db", ":10.0.0.2", "db:", "db:10.0.0", "db:host-gateway", "a b:10.0.0.2", "a\nb:10.0.0.2"] {
            #expect(throws: OptionError.self, "\(text)") { try HostAddress("--add-host", text) }
        }
    }

    @Test func temporaryMounts() throws {
        #expect(
            try TemporaryMount("--tmpfs", "/run").options == ["nosuid", "nodev", "noexec"])
        #expect(
            try TemporaryMount("--tmpfs", "/run:size=1m,mode=1777,exec").options == [
                "nosuid", "nodev", "noexec", "size=1m", "mode=1777", "exec",
            ])
        for text in ["run", "/run:lowerdir=/etc", "/run:size", "/run:bind"] {
            #expect(throws: OptionError.self) { try TemporaryMount("--tmpfs", text) }
        }
    }

    @Test func limits() throws {
        #expect(
            try UserLimit("--ulimit", "nofile=1024:2048").limit
                == RuntimeConfiguration.ResourceLimit(type: "RLIMIT_NOFILE", soft: 1024, hard: 2048))
        #expect(
            try UserLimit("--ulimit", "core=unlimited").limit
                == RuntimeConfiguration.ResourceLimit(type: "RLIMIT_CORE", soft: .max, hard: .max))
        for text in ["nofile", "nofile=", "files=3", "nofile=3:2", "nofile=a", "nofile=1:2:3"] {
            #expect(throws: OptionError.self) { try UserLimit("--ulimit", text) }
        }
    }

    @Test func devices() throws {
        let grant = try DeviceGrant("--device", "/dev/fuse")
        #expect(grant.source == "/dev/fuse" && grant.target == "/dev/fuse" && grant.access == "rwm")
        let other = try DeviceGrant("--device", "/dev/fuse:/dev/other:r")
        #expect(other.target == "/dev/other" && other.access == "r")
        #expect(try DeviceGrant("--device", "/dev/fuse:rw").access == "rw")
        for text in ["fuse", "/dev/fuse:rwx", "/dev/fuse:/x:rr", "/dev/fuse:", "/a:/b:/c"] {
            #expect(throws: OptionError.self) { try DeviceGrant("--device", text) }
        }
    }

    /// Later words win at the place of the first; a name alone takes the caller's value, and nothing where he has none.
    @Test func environment() throws {
        let changes = try ["A=2", "HOME", "NONE", "NEW=x=y", "EMPTY="].map { try EnvironmentChange("-e", $0) }
        let result = EnvironmentChange.apply(changes, to: ["A=1", "B=1"]) { $0 == "HOME" ? "/me" : nil }
        #expect(result == ["A=2", "B=1", "HOME=/me", "NEW=x=y", "EMPTY="])
        #expect(throws: OptionError.self) { try EnvironmentChange("-e", "=x") }
    }

    @Test func environmentFile() throws {
        let changes = try EnvironmentChange.file(
            "--env-file", "f", "\u{FEFF}# words\n\nA=1\r\n  B=\"as it is\"\nHOME\n".utf8)
        #expect(changes.map(\.name) == ["A", "B", "HOME"])
        #expect(changes.map(\.value) == ["1", "\"as it is\"", nil])
        let error = #expect(throws: OptionError.self) {
            try EnvironmentChange.file("--env-file", "f", "A=1\nB C=2\n".utf8)
        }
        #expect(error?.description.contains("line 2") == true)
        // Another value than the one that stands there is worse than none.
        let foreign = #expect(throws: OptionError.self) {
            try EnvironmentChange.file("--env-file", "f", Array("A=".utf8) + [0xE9])
        }
        #expect(foreign?.description.contains("UTF-8") == true)
        #expect(try EnvironmentChange.file("--env-file", "f", "\u{FEFF}A=1".utf8).map(\.name) == ["A"])
        #expect(try NamedValue.file("--label-file", "f", "a=b\nc\n".utf8).map(\.value) == ["b", ""])
    }

    /// A sign and a combining character behind it are one character to Swift, and two to everybody else.
    @Test func signsAreBytes() throws {
        let accent = "\u{301}x"
        let change = try EnvironmentChange("-e", "A=" + accent)
        #expect(change.name == "A" && change.value.map { Array($0.utf8) } == Array(accent.utf8))
        #expect(EnvironmentChange.apply([change], to: ["A=1"]) { _ in nil }.count == 1)
        #expect(try NamedValue("--label", "a=" + accent).value.utf8.elementsEqual(accent.utf8))
        #expect(try VolumeMount("-v", "/a:/" + accent).target.utf8.elementsEqual(("/" + accent).utf8))
        #expect(try SecurityOption("--security-opt", "apparmor=" + accent) == .apparmor(accent))
        #expect(throws: OptionError.self) { try UserLimit("--ulimit", "nofile=" + accent) }
        #expect(try VolumeMount("-v", "/\u{301}a:/b:ro").readOnly)
    }

    /// A value with a comma stands in quotation marks, as CSV has it.
    @Test func mountsAreCSV() throws {
        guard case .host(let volume) = try MountOption("--mount", #"type=bind,"source=/a,b",target=/x,"readonly""#)
        else {
            throw OptionError("--mount", "", "is no volume")
        }
        #expect(volume.source == "/a,b" && volume.target == "/x" && volume.readOnly)
        for text in [#"type=bind,source="/a",target=/x"#, #"type=bind,"source=/a"b,target=/x"#, #""type=bind"#] {
            #expect(throws: OptionError.self, "\(text)") { try MountOption("--mount", text) }
        }
    }

    /// Capabilities are added to and taken from Docker's, and ALL of one side leaves the other to say the exceptions.
    @Test(arguments: [
        (["NET_ADMIN"], [], ["CAP_CHOWN", "CAP_KILL", "CAP_NET_ADMIN"]),
        ([], ["cap_kill"], ["CAP_CHOWN"]),
        (["KILL"], ["ALL"], ["CAP_KILL"]),
        ([], ["ALL"], []),
        (["NET_ADMIN"], ["NET_ADMIN"], ["CAP_CHOWN", "CAP_KILL"]),
    ])
    func capabilities(add: [String], drop: [String], result: [String]) throws {
        #expect(
            CapabilityChange.apply(
                add: try add.map { try CapabilityChange("--cap-add", $0) },
                drop: try drop.map { try CapabilityChange("--cap-drop", $0) }, to: ["CAP_CHOWN", "CAP_KILL"]) == result)
    }

    @Test func everyCapabilityButOne() throws {
        let all = CapabilityChange.apply(
            add: [.all], drop: [try CapabilityChange("--cap-drop", "SYS_ADMIN")], to: [])
        #expect(all.contains("CAP_BPF") && !all.contains("CAP_SYS_ADMIN") && all.count > 30)
        #expect(throws: OptionError.self) { try CapabilityChange("--cap-add", "FLY") }
    }

    @Test func security() throws {
        #expect(try SecurityOption("--security-opt", "seccomp=unconfined") == .seccompUnconfined)
        #expect(try SecurityOption("--security-opt", "seccomp:/p.json") == .seccompFile("/p.json"))
        #expect(try SecurityOption("--security-opt", "no-new-privileges") == .noNewPrivileges(true))
        #expect(try SecurityOption("--security-opt", "no-new-privileges=false") == .noNewPrivileges(false))
        #expect(try SecurityOption("--security-opt", "apparmor=x") == .apparmor("x"))
        #expect(try SecurityOption("--security-opt", "unmask=ALL") == .unmask([]))
        #expect(try SecurityOption("--security-opt", "label=disable") == .labelDisabled)
        for text in ["label=user:x", "seccomp", "apparmor=", "mask=proc", "nonsense"] {
            #expect(throws: OptionError.self) { try SecurityOption("--security-opt", text) }
        }
    }

    /// Lists of processors, and the first that another list has not.
    @Test(
        arguments: [
            ("0-2,5", "0-7", nil), ("99", "0-1", 99), ("0,2", "0-1", 2), ("0-3", "0-1,3", 2), ("0-3", "0-1,2-3", nil),
            ("", "0", nil),
        ]
            as [(String, String, UInt32?)])
    func numberLists(asked: String, there: String, missing: UInt32?) throws {
        #expect(try #require(NumberList(asked)).first(outside: try #require(NumberList(there))) == missing)
    }

    @Test(arguments: ["a", "1-", "-1", "3-2", "1,,2", "1-2-3", "+1", "99999999999"])
    func numberListsRefused(text: String) { #expect(NumberList(text) == nil) }

    /// Signals by name and number; nothing is mounted over the container's own /proc but what shows a file in place of one.
    @Test func signalsAndProcfs() throws {
        func problem(_ change: (inout RunOptions) throws -> Void) throws -> String? {
            var options = RunOptions()
            try change(&options)
            do throws(OptionError) { try options.validate() } catch { return error.option }
            return nil
        }
        for signal in ["TERM", "SIGINT", "15", "RTMIN+3", "sigterm"] {
            #expect(try problem { $0.stopSignal = signal } == nil, "\(signal)")
        }
        for signal in ["FOO", "0", "99", "", "TERM+1", "-1"] {
            #expect(try problem { $0.stopSignal = signal } == "--stop-signal", "\(signal)")
        }
        for (volume, isRefused) in [
            ("/d:/proc", true), ("/d:/proc/sys", true), ("/proc:/proc", false), ("/d:/proc/meminfo", false),
            ("/d:/procfs", false), ("/d:/data/proc", false),
        ] {
            #expect(
                try problem { $0.volumes = [try VolumeMount("--volume", volume)] } == (isRefused ? "--volume" : nil),
                "\(volume)")
        }
        #expect(try problem { $0.temporaryMounts = [try TemporaryMount("--tmpfs", "/proc")] } == "--tmpfs")
        #expect(try problem { $0.processorSet = "1-" } == "--cpuset-cpus")
        #expect(try problem { $0.memoryNodes = "x" } == "--cpuset-mems")
    }

    /// What only two options together say wrong, and names that are none.
    @Test func contradictions() throws {
        func check(_ change: (inout RunOptions) throws -> Void) throws -> OptionError? {
            var options = RunOptions()
            try change(&options)
            do throws(OptionError) { try options.validate() } catch { return error }
            return nil
        }
        #expect(try check { _ in } == nil)
        #expect(
            try check {
                $0.memory = try ByteSize("--memory", "2m")
                $0.memoryAndSwap = try ByteSize("--memory-swap", "1m")
            }?.option == "--memory-swap")
        #expect(try check { $0.memoryAndSwap = try ByteSize("--memory-swap", "1m") }?.option == "--memory-swap")
        #expect(try check { $0.memory = try ByteSize("--memory", "100") }?.option == "--memory")
        #expect(try check { $0.memory = try ByteSize("--memory", "0") } == nil)
        #expect(
            try check {
                $0.memory = try ByteSize("--memory", "1m")
                $0.memoryReservation = try ByteSize("--memory-reservation", "2m")
            }?.option == "--memory-reservation")
        #expect(try check { $0.name = "-x" }?.option == "--name")
        #expect(try check { $0.name = "good_name.1" } == nil)
        #expect(try check { $0.hostname = "a b" }?.option == "--hostname")
        #expect(try check { $0.hostname = "a_b" } == nil)
        let tooLong = try #require(try check { $0.hostname = String(repeating: "a", count: 65) })
        #expect("\(tooLong)".contains("'_'"))
        #expect(try check { $0.workingDirectory = "x" }?.option == "--workdir")
        #expect(try check { $0.workingDirectory = "" } == nil)
        #expect(
            try check { $0.kernelParameters = [try NamedValue("--sysctl", "vm.swappiness=1")] }?.option == "--sysctl")
        #expect(try check { $0.kernelParameters = [try NamedValue("--sysctl", "net.core.somaxconn=9")] } == nil)
        #expect(
            try check {
                $0.kernelParameters = [try NamedValue("--sysctl", "net.core.somaxconn=9")]
                $0.network = .host
            }?.option == "--sysctl")
        #expect(
            try check {
                $0.volumes = [try VolumeMount("-v", "/a:/x")]
                $0.temporaryMounts = [try TemporaryMount("--tmpfs", "/x/")]
            }?.option == "--tmpfs")
    }
}

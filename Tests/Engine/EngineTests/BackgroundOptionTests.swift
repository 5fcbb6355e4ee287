import OCI
import Testing

@testable import Engine

/// What the options of containers in the background mean.
struct BackgroundOptionTests {
    @Test(
        arguments: [
            ("30s", 30_000_000_000), ("1m30s", 90_000_000_000), ("500ms", 500_000_000), ("1.5h", 5_400_000_000_000),
            ("0", 0), ("2us", 2000), ("2µs", 2000), ("-1s", -1_000_000_000),
        ] as [(String, Int64)])
    func durations(text: String, nanoseconds: Int64) { #expect(GoDuration.nanoseconds(text) == nanoseconds) }

    @Test(arguments: ["", "1", "s", "1x", "1s ", ".s", "1..5s", "-", "9999999999h", "1s2"])
    func noDurations(text: String) { #expect(GoDuration.nanoseconds(text) == nil) }

    @Test func writesDurations() {
        #expect(GoDuration.text(30_000_000_000) == "30s")
        #expect(GoDuration.text(90_500_000_000) == "1m30.500s")
        #expect(GoDuration.text(250_000_000) == "250ms")
        #expect(GoDuration.text(3_600_000_000_000) == "1h0m0s")
    }

    @Test func logs() throws {
        let options = try LogOptions(driver: nil, options: ["max-size=10m", "max-file=3"])
        #expect(options.size == 10 << 20 && options.files == 3 && options.driver == .file)
        #expect(try LogOptions(driver: "none", options: []).driver == .none)
        #expect(try LogOptions(driver: "json-file", options: ["max-size=-1"]).size == 0)
        for (driver, words) in [
            ("syslog", []), (nil, ["max-size"]), (nil, ["max-file=0"]), (nil, ["max-file=2"]), (nil, ["mode=x"]),
            ("none", ["max-size=1m"]), (nil, ["max-size=x"]), (nil, ["max-size="]),
        ] as [(String?, [String])] {
            #expect(throws: OptionError.self, "\(words)") { try LogOptions(driver: driver, options: words) }
        }
    }

    /// What is typed goes in but for the keys that leave, in whichever pieces it comes.
    @Test func detachKeys() throws {
        func typed(_ keys: DetachKeys, _ pieces: [[UInt8]]) -> (passed: [UInt8], left: Bool) {
            var keys = keys
            var passed: [UInt8] = []
            for piece in pieces {
                guard let some = keys.take(piece[...]) else { return (passed, true) }
                passed += some
            }
            return (passed, false)
        }
        #expect(typed(DetachKeys(), [[0x61], [0x10], [0x11]]).left)
        #expect(typed(DetachKeys(), [[0x10, 0x61, 0x11]]) == ([0x10, 0x61, 0x11], false))
        #expect(typed(DetachKeys(), [[0x10, 0x10, 0x11]]).left)
        #expect(typed(try DetachKeys("", "a"), [[0x62], [0x61]]) == ([0x62], true))
        #expect(typed(try DetachKeys("", "ctrl-@,ctrl-Z,b"), [[0, 26], [0x62]]).left)
        for text in ["", "ctrl-", "ctrl-1", "ab", "a,,b", "ctrl-aa"] {
            #expect(throws: OptionError.self, "\(text)") { try DetachKeys("--detach-keys", text) }
        }
    }

    @Test func instants() throws {
        let now = LogTime(seconds: 1000, nanoseconds: 5)
        #expect(try LogTime("--since", "10m", now: now) == LogTime(seconds: 400, nanoseconds: 5))
        #expect(try LogTime("--since", "1500ms", now: now) == LogTime(seconds: 998, nanoseconds: 500_000_005))
        #expect(try LogTime("--since", "12.5", now: now) == LogTime(seconds: 12, nanoseconds: 500_000_000))
        #expect(try LogTime("--since", "1970-01-02", now: now) == LogTime(seconds: 86400, nanoseconds: 0))
        #expect(try LogTime("--since", "1970-01-01T00:00:07.25Z") == LogTime(seconds: 7, nanoseconds: 250_000_000))
        #expect(try LogTime("--since", "1970-01-01T00:01", now: now) == LogTime(seconds: 60, nanoseconds: 0))
        #expect(throws: OptionError.self) { try LogTime("--since", "yesterday", now: now) }
        #expect(throws: OptionError.self) { try LogTime("--since", "", now: now) }
    }

    /// Of what ps prints, the lines of some processes.
    @Test func processes() {
        let text = "UID  PID  CMD\nroot  1 a\nroot 12 b c\nroot 121 d\n"
        #expect(
            Engine.lines(of: text, among: [12, 121])?.map(String.init) == [
                "UID  PID  CMD", "root 12 b c", "root 121 d",
            ])
        #expect(Engine.lines(of: "CMD\n", among: []) == nil)
    }

    @Test func ports() throws {
        let published =
            try JSONTree(
                json: Array(
                    #"{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"81"}],"53/udp":[{"HostIp":"127.0.0.1","HostPort":"5353"}]}"#
                        .utf8), document: "ports"
            ).members ?? []
        #expect(
            try Engine.lines(of: published, port: nil, container: "x") == [
                "80/tcp -> 0.0.0.0:8080", "80/tcp -> [::]:81", "53/udp -> 127.0.0.1:5353",
            ])
        #expect(try Engine.lines(of: published, port: "80", container: "x") == ["0.0.0.0:8080", "[::]:81"])
        #expect(try Engine.lines(of: published, port: "53/udp", container: "x") == ["127.0.0.1:5353"])
        #expect(throws: EngineError.self) { try Engine.lines(of: published, port: "53", container: "x") }
    }

    @Test func updates() throws {
        #expect(throws: OptionError.self) { try UpdateOptions().validate() }
        var options = UpdateOptions()
        options.restart = RestartPolicy(.always)
        #expect(!options.hasLimits)
        options.processCount = 0
        options.memory = try ByteSize("--memory", "64m")
        #expect(options.hasLimits)
        #expect(options.resources.pids?.limit == -1 && options.resources.memory?.limit == 64 << 20)
        #expect(options.resources.cpu == nil && options.resources.memory?.swap == nil)
    }
}

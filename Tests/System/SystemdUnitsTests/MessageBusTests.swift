import Glibc
import Linux
import TestSupport
import Testing

@testable import SystemdUnits

/// The client against a message bus of the reference implementation's, which refuses whatever is not by the specification and ends
/// the connection then.
@Suite(.enabled(if: ProcessPlan.path(of: "dbus-daemon") != nil, "needs dbus-daemon"))
struct MessageBusTests {
    /// It lets us in, gives us a name, and passes every type on unaltered.
    @Test func passesEverythingOn() throws {
        let bus = try MessageBus()
        let connection = try BusConnection(to: bus.address)
        let name = try #require(connection.name)
        #expect(name.starts(with: ":"))
        var message = BusMessage(.signal)
        message.path = "/org/isolab"
        message.interface = "org.isolab.Test"
        message.member = "Everything"
        message.destination = name
        message.body = BusMessageTests.everything
        try connection.send(message)
        let body = try connection.signal("Everything", from: name, about: "the test") { body in body }
        #expect(body == BusMessageTests.everything)
    }

    /// A refusal carries the other side's own name and words.
    @Test func refusals() throws {
        let bus = try MessageBus()
        let connection = try BusConnection(to: bus.address)
        let call = BusMessage.call(
            "GetNameOwner", of: "org.freedesktop.DBus", at: "/org/freedesktop/DBus", to: "org.freedesktop.DBus",
            [.string("org.isolab.nobody")])
        do throws(BusError) {
            _ = try connection.call(call, about: "org.isolab.nobody")
            Issue.record("nobody has an owner")
        } catch {
            #expect(error.refusal == "org.freedesktop.DBus.Error.NameHasNoOwner")
            #expect("\(error)".hasPrefix("GetNameOwner org.isolab.nobody: systemd refuses: "))
        }
    }

    /// Whoever is on the bus may send us a signal of any name, by ours, whatever we asked to hear: that a job is done is believed of the
    /// one who was asked for it alone. Naive: of anybody.
    @Test(arguments: [false, true]) func signalsOfStrangers(naive: Bool) throws {
        let bus = try MessageBus()
        let connection = try BusConnection(to: bus.address)
        let service = try BusConnection(to: bus.address)
        let stranger = try BusConnection(to: bus.address)
        for (sender, result) in [(stranger, "done"), (service, "failed")] {
            var message = BusMessage(.signal)
            message.path = "/org/freedesktop/systemd1"
            message.interface = "org.freedesktop.systemd1.Manager"
            message.member = "JobRemoved"
            message.destination = connection.name
            message.body = [.string(result)]
            try sender.send(message)
            // What the bus answers comes after what it was sent before.
            _ = try sender.call(
                .call(
                    "GetId", of: "org.freedesktop.DBus", at: "/org/freedesktop/DBus", to: "org.freedesktop.DBus", []),
                about: "the bus")
        }
        let body = try connection.signal("JobRemoved", from: naive ? nil : service.name, about: "the test") { $0 }
        #expect(body == [.string(naive ? "done" : "failed")])
    }

    /// A bus on which there is no systemd: an error that says what to do, at once.
    @Test func withoutSystemd() throws {
        let bus = try MessageBus()
        do throws(BusError) {
            let manager = try SystemdManager(SystemdInstance(isUser: true, addresses: [bus.address]))
            _ = try manager.facts()
            Issue.record("there is no systemd on this bus")
        } catch {
            #expect(error.refusal?.hasPrefix("org.freedesktop.DBus.Error.") == true, "\(error)")
        }
        let nowhere = BusAddress(path: "/nonexistent/bus", isBus: true)
        do throws(BusError) {
            _ = try SystemdManager(SystemdInstance(isUser: true, addresses: [nowhere]))
            Issue.record("there is no bus")
        } catch {
            #expect("\(error)".contains("/nonexistent/bus") && "\(error)".contains("XDG_RUNTIME_DIR"), "\(error)")
        }
    }
}

/// A message bus of a test's own.
final class MessageBus {
    private let directory: TemporaryDirectory
    private let process: RunningProcess

    var address: BusAddress { BusAddress(path: directory.path + "/bus", isBus: true) }

    init() throws {
        directory = try TemporaryDirectory(mode: 0o755)
        let path = directory.path + "/bus"
        let configuration = directory.path + "/configuration"
        try SystemFile.replace(
            configuration,
            with: Array(
                """
                <busconfig><type>session</type><listen>unix:path=\(path)</listen><auth>EXTERNAL</auth>
                <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
                </busconfig>
                """.utf8), mode: 0o644)
        let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
        process = try ProcessPlan("dbus-daemon", ["--config-file=\(configuration)", "--nofork", "--nopidfile"])
            .spawn(StandardStreams(input: null.number, output: null.number, error: STDERR_FILENO))
        // Its socket is there before anybody listens at it.
        for _ in 0..<500 {
            if (try? BusConnection(to: address)) != nil { break }
            usleep(10_000)
        }
    }

    deinit {
        try? process.kill()
        _ = try? process.wait(for: "dbus-daemon", within: 60)
    }
}

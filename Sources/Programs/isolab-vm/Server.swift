import CLibvirt
import Dispatch
import Glibc
import Linux
import Machines

/// Reads requests, asks libvirt, answers.
struct Server: Sendable {
    private let connection: Connection
    private let guests: Guests

    /// Serves until the input ends or `close` is asked; gives the exit status.
    static func run(_ target: Connection.Target) -> Int32 {
        Reaper.blockSignals()
        let guests = Guests()
        let server: Server
        do throws(DriverError) {
            // libvirt's daemonized QEMU is to be reaped here.
            do throws(SystemError) { try becomeSubreaper() } catch {
                throw DriverError(
                    operation: "prctl", object: "this process", message: SystemError.message(error.errno))
            }
            Lifecycle.prepare()
            let connection = try Connection.open(target)
            server = Server(connection: connection, guests: guests)
            Lifecycle.runLoop()
            try Lifecycle.subscribe(connection, guests: guests)
            if let root = connection.root {
                do throws(SystemError) { try SpawnWatch.run(directory: root.pidFiles, guests: guests) } catch {
                    throw DriverError(operation: error.operation, object: error.object, message: error.description)
                }
            }
        } catch {
            // The first request's answer: whoever waits for it learns why.
            Output.send(DriverMessage(id: 0, error: error))
            return 1
        }
        Reaper.run(guests: guests) {
            server.end()
            exit(143)
        }
        server.serve()
        server.end()
        return 0
    }

    private func serve() {
        while let line = readLine(strippingNewline: true) {
            let request: DriverRequest
            do { request = try Wire.message(DriverRequest.self, line.utf8) } catch {
                Output.send(
                    DriverMessage(
                        id: -1,
                        error: DriverError(
                            operation: "read", object: "request", message: "not a request: \(line.prefix(200))")))
                continue
            }
            var answer: DriverMessage
            do throws(DriverError) { answer = try perform(request) } catch { answer = DriverMessage(error: error) }
            answer.id = request.id
            Output.send(answer)
            if request.command == .close { return }
        }
    }

    private func perform(_ request: DriverRequest) throws(DriverError) -> DriverMessage {
        switch request.command {
        case .hello:
            return DriverMessage(version: connection.version)
        case .warm:
            try warm()
            return DriverMessage(version: connection.version)
        case .start:
            try start(
                name: try need(request.name, "name", request), xml: try need(request.xml, "xml", request),
                deadlineMilliseconds: request.deadlineMilliseconds)
        case .ready:
            let name = try need(request.name, "name", request)
            guests.markReady(name)
            if request.countsExits == true { countExits(name) }
        case .arguments:
            return DriverMessage(arguments: try arguments(xml: try need(request.xml, "xml", request)))
        case .destroy:
            try destroy(try need(request.name, "name", request))
        case .list:
            return DriverMessage(names: try list())
        case .undefine:
            try withDomain(try need(request.name, "name", request)) { domain, name throws(DriverError) in
                if virDomainUndefine(domain) < 0 { throw lastError("virDomainUndefine", name) }
            }
        case .clean:
            return DriverMessage(names: try clean(below: try need(request.name, "name", request)))
        case .close:
            break
        }
        return DriverMessage()
    }

    private func need(
        _ value: String?, _ field: String, _ request: DriverRequest
    ) throws(DriverError) -> String {
        guard let value else {
            throw DriverError(
                operation: request.command.rawValue, object: "request \(request.id)", message: "it has no \(field)")
        }
        return value
    }

    /// libvirt probes an emulator the first time somebody asks what it can do: 0.7 s once a root.
    private func warm() throws(DriverError) {
        guard String(cString: virConnectGetType(connection.pointer)) == "QEMU" else { return }
        for type in ["qemu", "kvm"] {
            guard let text = virConnectGetDomainCapabilities(connection.pointer, nil, "x86_64", nil, type, 0) else {
                if type == "kvm" { continue }  // no /dev/kvm: nothing to warm
                throw lastError("virConnectGetDomainCapabilities", connection.uri)
            }
            free(text)
        }
    }

    private func start(name: String, xml: String, deadlineMilliseconds: Int?) throws(DriverError) {
        let generation = guests.begin(name)
        if let deadlineMilliseconds {
            let when = DispatchTime.now() + .milliseconds(deadlineMilliseconds)
            DispatchQueue.global().asyncAfter(deadline: when) { expire(name, generation: generation) }
        }
        Output.send(GuestEvent(.createCalled, name: name, at: HostClock.now()))
        guard let domain = virDomainCreateXML(connection.pointer, xml, connection.creationFlags) else {
            let error = lastError("virDomainCreateXML", name)
            guard guests.hasRun(name, isOurChild: connection.root != nil) else {
                guests.forget(name)
                throw error
            }
            // A guest of a few milliseconds can end while libvirt still asks QEMU about it; libvirt then calls the start
            // failed and never says that the guest stopped.
            let now = HostClock.now()
            guests.stopped(name)
            Output.send(GuestEvent(.created, name: name, at: now))
            Output.send(GuestEvent(.stopped, name: name, at: now, reason: "shutdown"))
            return
        }
        Output.send(GuestEvent(.created, name: name, at: HostClock.now()))
        virDomainFree(domain)
    }

    private func expire(_ name: String, generation: Int) {
        guard guests.isLate(name, generation: generation) else { return }
        Output.send(GuestEvent(.deadline, name: name, at: HostClock.now()))
        try? destroy(name)
    }

    private func destroy(_ name: String) throws(DriverError) {
        try withDomain(name) { domain, name throws(DriverError) in
            if virDomainDestroy(domain) < 0 { throw lastError("virDomainDestroy", name) }
        }
    }

    /// A guest that has gone meanwhile, or an emulator that cannot tell, is counted by nobody.
    private func countExits(_ name: String) {
        guard let domain = virDomainLookupByName(connection.pointer, name) else { return }
        defer { virDomainFree(domain) }
        var answer: UnsafeMutablePointer<CChar>?
        guard virDomainQemuMonitorCommand(domain, ExitCount.question, &answer, 0) == 0, let answer else { return }
        defer { free(answer) }
        guard let exits = ExitCount.count(answer: String(cString: answer)) else { return }
        Output.send(GuestEvent(.counted, name: name, at: HostClock.now(), exits: exits))
    }

    private func withDomain(
        _ name: String, _ body: (virDomainPtr, String) throws(DriverError) -> Void
    ) throws(DriverError) {
        guard let domain = virDomainLookupByName(connection.pointer, name) else {
            throw lastError("virDomainLookupByName", name)
        }
        defer { virDomainFree(domain) }
        try body(domain, name)
    }

    private func list() throws(DriverError) -> [String] {
        var names: [String] = []
        try forEachDomain { _, name in names.append(name) }
        return names.sorted()
    }

    /// What carries a path below the directory is of its owner's making, whatever its name.
    private func clean(below directory: String) throws(DriverError) -> [String] {
        var names: [String] = []
        try forEachDomain { domain, name in
            guard let xml = virDomainGetXMLDesc(domain, 0) else { return }
            defer { free(xml) }
            guard String(cString: xml).contains("'\(directory)/") else { return }
            // A daemon that has just started anew calls it a failure where its own threads saw the end first.
            if virDomainDestroy(domain) == 0 || virDomainIsActive(domain) != 1 { names.append(name) }
        }
        return names.sorted()
    }

    private func forEachDomain(_ body: (virDomainPtr, String) -> Void) throws(DriverError) {
        var domains: UnsafeMutablePointer<virDomainPtr?>?
        let count = virConnectListAllDomains(connection.pointer, &domains, 0)
        guard count >= 0, let domains else { throw lastError("virConnectListAllDomains", connection.uri) }
        defer { free(domains) }
        for index in 0..<Int(count) {
            guard let domain = domains[index] else { continue }
            if let name = virDomainGetName(domain) { body(domain, String(cString: name)) }
            virDomainFree(domain)
        }
    }

    private func arguments(xml: String) throws(DriverError) -> [String] {
        guard let text = virConnectDomainXMLToNative(connection.pointer, "qemu-argv", xml, 0) else {
            throw lastError("virConnectDomainXMLToNative", connection.uri)
        }
        defer { free(text) }
        return ShellWords.split(String(cString: text))
    }

    /// Ends what was started, waits up to two seconds for it to be gone, and closes.
    private func end() {
        // What libvirt has yet to notice of a process that was reaped here goes with this process.
        let isOver = { guests.isGone($0) || connection.root != nil && guests.hasEnded($0) }
        for name in guests.names where !isOver(name) { try? destroy(name) }
        for _ in 0..<200 {
            guard guests.names.contains(where: { !isOver($0) }) else { break }
            usleep(10_000)
        }
        for pid in guests.runningProcesses { kill(pid, SIGKILL) }
        virConnectClose(connection.pointer)
    }
}

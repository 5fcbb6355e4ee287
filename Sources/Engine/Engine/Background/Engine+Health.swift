import Containers
import Glibc
import Linux
import OCI

extension Engine {
    /// What is known of a container's health; nil where nobody asks for it.
    func health(of container: StoredContainer) -> HealthRecord? {
        container.background?.healthcheck == nil ? nil : shelf.health(of: container.id)
    }

    /// Of those that run and are asked for it, by identifier.
    package func health(
        of containers: [(container: StoredContainer, status: ContainerStatus)]
    ) -> [String: HealthRecord.Status] {
        var known: [String: HealthRecord.Status] = [:]
        for (container, status) in containers where status.isAlive {
            known[container.id] = health(of: container)?.status
        }
        return known
    }

    /// Asks for a container's health once, writes the answer down, and says to the keeper in how many milliseconds to ask again.
    func probeHealth(of id: String) -> Int32 {
        guard let container = shelf.container(id), let check = container.background?.healthcheck,
            [.running, .paused].contains(status(of: container))
        else {
            print("-1")
            return 0
        }
        var record = shelf.health(of: id) ?? HealthRecord()
        let age = Self.milliseconds(since: container.started).multipliedReportingOverflow(by: 1_000_000).partialValue
        let before = record.status
        if status(of: container) == .running {
            let start = Timestamp.now(nanoseconds: true)
            let (status, output) = ask(container, check)
            record.take(
                .init(start: start, end: Timestamp.now(nanoseconds: true), exitCode: status, output: output), check,
                age: age)
            // A container that has ended meanwhile has said nothing of its health.
            if shelf.container(id)?.started == container.started, self.status(of: container) == .running {
                try? shelf.write(record, of: id)
                if record.status != before { self.record("health_status: \(record.status.rawValue)", container) }
            }
        }
        print(record.next(check, age: age))
        return 0
    }

    /// Bytes of an answer that are kept.
    private static let greatestAnswer = 4096

    private func ask(
        _ container: StoredContainer, _ check: ImageConfiguration.Healthcheck
    ) -> (status: Int64, output: String) {
        do {
            let configuration = try runtime.configuration(of: container.id)
            guard var process = configuration.process else { return (-1, "the container has no process") }
            process.arguments =
                check.test.first == "CMD-SHELL"
                ? ["/bin/sh", "-c"] + check.test.dropFirst() : Array(check.test.dropFirst())
            process.terminal = false
            let output = try Pipe("a health check's output")
            let null = try OwnedDescriptor(opening: "/dev/null", O_RDWR)
            var request = ExecuteRequest(id: container.id, configuration: configuration, process: process)
            request.streams = StandardStreams(input: null.number, output: output.writeEnd, error: output.writeEnd)
            let running = try runtime.execute(request)
            output.closeWriteEnd()
            return try hear(running, output, within: check.timeoutTime)
        } catch { return (-1, "\(error)") }
    }

    private func hear(
        _ process: RunningProcess, _ output: Pipe, within limit: Int64
    ) throws -> (status: Int64, output: String) {
        let deadline = HostClock.now() &+ UInt64(max(limit, 1_000_000))
        _ = fcntl(output.readEnd, F_SETFL, O_NONBLOCK)
        var said: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        var isOpen = true
        while true {
            var ends = [
                pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isOpen ? output.readEnd : -1, events: Int16(POLLIN), revents: 0),
            ]
            let now = HostClock.now()
            guard now < deadline else {
                process.end()
                return (-1, "Health check exceeded timeout (\(GoDuration.text(limit)))")
            }
            try retryingOnInterrupt("poll", "a health check") {
                poll(&ends, 2, Int32(clamping: (deadline - now) / 1_000_000 + 1))
            }
            if ends[1].revents != 0 {
                let count = read(output.readEnd, &buffer, buffer.count)
                if count > 0 { said += buffer.prefix(min(count, max(0, Self.greatestAnswer - said.count))) }
                if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { isOpen = false }
                continue
            }
            // What it has said before its end is there by now.
            if ends[0].revents != 0 { break }
        }
        return (Int64(try process.endStatus()), String(decoding: said, as: UTF8.self))
    }
}

extension ContainerRecords {
    func write(_ health: HealthRecord, of id: String) throws(SystemError) {
        try SystemFile.replace(directory(id) + "/health.json", with: JSONDocument.write(health, indented: false))
    }

    func health(of id: String) -> HealthRecord? {
        guard let bytes = try? SystemFile.bytes(of: directory(id) + "/health.json") else { return nil }
        return try? JSONDocument.read(HealthRecord.self, from: bytes, document: "health.json")
    }
}

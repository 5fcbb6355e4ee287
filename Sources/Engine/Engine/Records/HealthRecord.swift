import Linux
package import OCI

/// What is known of a container's health: the state machine of Docker's health checks, and its last answers.
package struct HealthRecord: Equatable, Sendable {
    package enum Status: String, CaseIterable, JSONValue, Sendable {
        case starting, healthy, unhealthy
    }

    /// One answer.
    package struct Answer: Equatable, Sendable {
        /// RFC 3339.
        package var start: String
        package var end: String
        /// 0: well; −1: it took too long.
        package var exitCode: Int64
        package var output: String

        package init(start: String, end: String, exitCode: Int64, output: String) {
            self.start = start
            self.end = end
            self.exitCode = exitCode
            self.output = output
        }
    }

    package var status = Status.starting
    /// Failures in a row.
    package var streak: Int64 = 0
    /// The latest last.
    package var answers: [Answer] = []

    package init() {}

    /// How many answers are kept.
    static let kept = 5

    /// Takes an answer.
    ///
    /// - Parameters:
    ///   - check: how it is asked for.
    ///   - age: nanoseconds since the container's start, when it was asked.
    package mutating func take(_ answer: Answer, _ check: ImageConfiguration.Healthcheck, age: Int64) {
        answers.append(answer)
        answers = Array(answers.suffix(Self.kept))
        if answer.exitCode == 0 {
            status = .healthy
            streak = 0
            return
        }
        // Until it has been well for the first time, nothing is held against it for a while.
        if status == .starting, age < check.startPeriodTime { return }
        streak += 1
        if streak >= check.tries { status = .unhealthy }
    }

    /// Milliseconds until it is asked for again.
    package func next(_ check: ImageConfiguration.Healthcheck, age: Int64) -> Int64 {
        let isStarting = status == .starting && age < check.startPeriodTime
        return (isStarting ? check.startIntervalTime : check.intervalTime) / 1_000_000
    }
}

extension ImageConfiguration.Healthcheck {
    private static let second: Int64 = 1_000_000_000

    private static func time(_ value: Int64?, otherwise seconds: Int64) -> Int64 {
        guard let value, value > 0 else { return seconds * second }
        return value
    }

    /// Nanoseconds, with Docker's defaults.
    var intervalTime: Int64 { Self.time(interval, otherwise: 30) }
    var timeoutTime: Int64 { Self.time(timeout, otherwise: 30) }
    var startPeriodTime: Int64 { Self.time(startPeriod, otherwise: 0) }
    var startIntervalTime: Int64 { Self.time(startInterval, otherwise: 5) }
    var tries: Int64 { retries.flatMap { $0 > 0 ? $0 : nil } ?? 3 }

    /// Milliseconds after the start.
    var firstProbe: Int64 { HealthRecord().next(self, age: 0) }
}

extension HealthRecord: JSONObject {
    package static var blank: HealthRecord { HealthRecord() }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("Status", &status)
        try members.required("FailingStreak", &streak)
        try members.required("Log", &answers)
    }
}

extension HealthRecord.Answer: JSONObject {
    package static var blank: Self { Self(start: "", end: "", exitCode: 0, output: "") }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("Start", &start)
        try members.required("End", &end)
        try members.required("ExitCode", &exitCode)
        try members.required("Output", &output)
    }
}

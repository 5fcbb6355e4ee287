import OCI
import Testing

@testable import Engine

/// The state machine of a container's health.
struct HealthRecordTests {
    private static let second: Int64 = 1_000_000_000

    private func check(
        retries: Int64? = nil, startPeriod: Int64? = nil, startInterval: Int64? = nil
    ) -> ImageConfiguration.Healthcheck {
        var check = ImageConfiguration.Healthcheck()
        check.test = ["CMD", "true"]
        check.retries = retries
        check.startPeriod = startPeriod
        check.startInterval = startInterval
        return check
    }

    private func answer(_ status: Int64) -> HealthRecord.Answer {
        .init(start: "", end: "", exitCode: status, output: "")
    }

    @Test func becomesUnhealthyAfterFailuresInARow() {
        var record = HealthRecord()
        for status in [1, 1] as [Int64] { record.take(answer(status), check(), age: 0) }
        #expect(record.status == .starting && record.streak == 2)
        record.take(answer(0), check(), age: 0)
        #expect(record.status == .healthy && record.streak == 0)
        for status in [1, -1] as [Int64] { record.take(answer(status), check(), age: 0) }
        #expect(record.status == .healthy)
        record.take(answer(2), check(), age: 0)
        #expect(record.status == .unhealthy && record.streak == 3)
        record.take(answer(0), check(), age: 0)
        #expect(record.status == .healthy)
        #expect(record.answers.map(\.exitCode) == [0, 1, -1, 2, 0])
    }

    /// For a while after the start failures do not count; once it has been well, they do.
    @Test func forgivesStarting() {
        let check = check(retries: 1, startPeriod: 10 * Self.second, startInterval: 2 * Self.second)
        var record = HealthRecord()
        record.take(answer(1), check, age: 9 * Self.second)
        #expect(record.status == .starting && record.streak == 0)
        #expect(record.next(check, age: 9 * Self.second) == 2000)
        #expect(record.next(check, age: 11 * Self.second) == 30_000)
        record.take(answer(1), check, age: 10 * Self.second)
        #expect(record.status == .unhealthy)
        var other = HealthRecord()
        other.take(answer(0), check, age: 0)
        #expect(other.next(check, age: 0) == 30_000)
        other.take(answer(1), check, age: 1)
        #expect(other.status == .unhealthy)
        #expect(check.firstProbe == 2000)
    }

    @Test func isReadAsItIsWritten() throws {
        var record = HealthRecord()
        for status in 0..<9 { record.take(answer(Int64(status)), check(), age: 0) }
        let text = JSONDocument.write(record, indented: false)
        #expect(try JSONDocument.read(HealthRecord.self, from: text, document: "health.json") == record)
        #expect(record.answers.count == 5)
    }

    /// Options stand above the image's check; NONE and --no-healthcheck take it away.
    @Test func options() throws {
        var image = ImageConfiguration.Execution()
        var own = ImageConfiguration.Healthcheck()
        own.test = ["CMD", "own"]
        own.interval = 5
        image.healthcheck = own
        var options = HealthOptions()
        #expect(try options.check(over: image) == own)
        options.retries = 7
        options.command = "test -e /a"
        let check = try #require(try options.check(over: image))
        #expect(check.test == ["CMD-SHELL", "test -e /a"] && check.interval == 5 && check.retries == 7)
        options.isOff = true
        #expect(throws: OptionError.self) { try options.check(over: image) }
        options = HealthOptions()
        options.isOff = true
        #expect(try options.check(over: image) == nil)
        options = HealthOptions()
        options.command = "none"
        #expect(try options.check(over: image) == nil)
        image.healthcheck?.test = ["NONE"]
        #expect(try HealthOptions().check(over: image) == nil)
        #expect(try HealthOptions().check(over: ImageConfiguration.Execution()) == nil)
    }
}

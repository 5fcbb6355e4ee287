import Linux
import OCI

/// `--health-…` and `--no-healthcheck`: how a container is asked for its health, where the image is not to say it.
package struct HealthOptions: Equatable, Sendable {
    /// For a shell; nil: as the image has it.
    package var command: String?
    package var isOff = false
    package var interval: Int64?
    package var timeout: Int64?
    package var startPeriod: Int64?
    package var startInterval: Int64?
    package var retries: Int64?

    package init() {}

    /// Nanoseconds of an option; at least a millisecond, as Docker has it, or 0 for what is so anyway.
    package static func duration(_ option: String, _ text: String) throws(OptionError) -> Int64 {
        guard let nanoseconds = GoDuration.nanoseconds(text) else {
            throw OptionError(option, text, "takes a duration, such as 30s, 1m30s or 500ms")
        }
        guard nanoseconds == 0 || nanoseconds >= 1_000_000 else {
            throw OptionError(option, text, "takes 0, or at least 1ms")
        }
        return nanoseconds
    }

    /// What is asked for, these options above what the image says; nil: nothing.
    func check(over image: ImageConfiguration.Execution) throws(OptionError) -> ImageConfiguration.Healthcheck? {
        let own: [(name: String, isGiven: Bool)] = [
            ("--health-cmd", command != nil), ("--health-interval", interval != nil),
            ("--health-timeout", timeout != nil), ("--health-start-period", startPeriod != nil),
            ("--health-start-interval", startInterval != nil), ("--health-retries", retries != nil),
        ]
        if isOff, let option = own.first(where: \.isGiven) {
            throw OptionError(option.name, command ?? "", "conflicts with --no-healthcheck")
        }
        if let retries, retries < 0 { throw OptionError("--health-retries", "\(retries)", "takes a number from 0") }
        guard !isOff else { return nil }
        var check = image.healthcheck ?? ImageConfiguration.Healthcheck()
        if let command { check.test = command == "none" ? ["NONE"] : ["CMD-SHELL", command] }
        if let interval { check.interval = interval }
        if let timeout { check.timeout = timeout }
        if let startPeriod { check.startPeriod = startPeriod }
        if let startInterval { check.startInterval = startInterval }
        if let retries { check.retries = retries }
        guard let first = check.test.first, first != "NONE" else { return nil }
        return check
    }
}

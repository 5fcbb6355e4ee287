import ArgumentParser
import Engine

/// The options of `run` and `create` that concern a container's keeper.
struct BackgroundOptionGroup: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Restart after the end: no, on-failure[:number], always, unless-stopped.", valueName: "policy"))
    var restart: String?
    @Option(help: ArgumentHelp("Where the output is logged: json-file or none.", valueName: "driver"))
    var logDriver: String?
    @Option(help: ArgumentHelp("max-size=BYTES, max-file=NUMBER.", valueName: "name=value")) var logOpt: [String] = []
    @Option(help: ArgumentHelp("Check the container's health with this shell command.", valueName: "command"))
    var healthCmd: String?
    @Option(help: ArgumentHelp("The time between two checks; 30s if not given.", valueName: "duration"))
    var healthInterval: String?
    @Option(help: ArgumentHelp("How long a check may take; 30s if not given.", valueName: "duration"))
    var healthTimeout: String?
    @Option(
        help: ArgumentHelp("How many failures in a row mean unhealthy; 3 if not given.", valueName: "number"))
    var healthRetries: Int64?
    @Option(
        help: ArgumentHelp(
            "The start-up period in which failures do not count; 0s if not given.", valueName: "duration"))
    var healthStartPeriod: String?
    @Option(
        help: ArgumentHelp("The time between two checks in that period; 5s if not given.", valueName: "duration"))
    var healthStartInterval: String?
    @Flag(help: "Ignore the image's health check.") var noHealthcheck = false

    func set(_ options: inout RunOptions) throws {
        if let restart { options.restart = try RestartPolicy("--restart", restart) }
        options.log = try LogOptions(driver: logDriver, options: logOpt)
        options.health.command = healthCmd
        options.health.isOff = noHealthcheck
        options.health.interval = try healthInterval.map { try HealthOptions.duration("--health-interval", $0) }
        options.health.timeout = try healthTimeout.map { try HealthOptions.duration("--health-timeout", $0) }
        options.health.startPeriod = try healthStartPeriod.map {
            try HealthOptions.duration("--health-start-period", $0)
        }
        options.health.startInterval = try healthStartInterval.map {
            try HealthOptions.duration("--health-start-interval", $0)
        }
        options.health.retries = healthRetries
    }

    /// Whether a container needs a keeper for what they ask for.
    var needsKeeper: Bool {
        restart.map { $0 != "no" && !$0.isEmpty } ?? false || healthCmd != nil || healthInterval != nil
            || healthTimeout != nil || healthRetries != nil || healthStartPeriod != nil || healthStartInterval != nil
    }
}

public import OCI

/// What the keeper of a container must know, and what has become of the container's runs so far.
public struct BackgroundRecord: Equatable, Sendable {
    // MARK: What was asked for

    public var restart = RestartPolicy()
    public var log = LogOptions()
    /// The signal that asks the container to stop.
    public var stopSignal: Int64 = 15
    /// Whether standard input is open, and whether the end of the first attached command's is its end.
    public var hasInput = false
    public var inputOnce = false
    /// Nil: nobody asks for its health.
    public var healthcheck: ImageConfiguration.Healthcheck?
    /// How to start it again.
    public var directories: [String] = []
    public var isVolatile = false
    public var needsCgroup = false
    public var mayLackCgroup = false

    // MARK: What has become of it

    /// Whether all of it was made: whoever starts it and is killed leaves it as it was.
    public var isMade = false
    /// Whether a keeper runs it, and not the command that made it.
    public var isDetached = false
    /// Whether somebody wanted it to end.
    public var isStopped = false
    /// Whether it waits for its next run.
    public var isRestarting = false
    /// Whether its keeper was told to end, as all processes are when a host goes down: it runs again as soon as its policy lets it.
    public var isInterrupted = false
    public var restarts: Int64 = 0
    /// Milliseconds between its last end and the run that followed; 0: the next wait is the shortest.
    public var delay: Int64 = 0

    public init() {}
}

extension BackgroundRecord: JSONObject {
    public static var blank: BackgroundRecord { BackgroundRecord() }

    public mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
        try members.required("restart", &restart)
        try members.required("log", &log)
        try members.required("stopSignal", &stopSignal)
        try members.defaulted("hasInput", &hasInput)
        try members.defaulted("inputOnce", &inputOnce)
        try members.optional("healthcheck", &healthcheck)
        try members.defaulted("directories", &directories)
        try members.defaulted("isVolatile", &isVolatile)
        try members.defaulted("needsCgroup", &needsCgroup)
        try members.defaulted("mayLackCgroup", &mayLackCgroup)
        try members.defaulted("isMade", &isMade)
        try members.defaulted("isDetached", &isDetached)
        try members.defaulted("isStopped", &isStopped)
        try members.defaulted("isRestarting", &isRestarting)
        try members.defaulted("isInterrupted", &isInterrupted)
        try members.required("restarts", &restarts)
        try members.required("delay", &delay)
    }
}

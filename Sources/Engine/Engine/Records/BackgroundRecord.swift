package import OCI

/// What the keeper of a container must know, and what has become of the container's runs so far.
package struct BackgroundRecord: Equatable, Sendable {
    // MARK: What was asked for

    package var restart = RestartPolicy()
    package var log = LogOptions()
    /// The signal that asks the container to stop.
    package var stopSignal: Int64 = 15
    /// Whether standard input is open, and whether the end of the first attached command's is its end.
    package var hasInput = false
    package var inputOnce = false
    /// Nil: nobody asks for its health.
    package var healthcheck: ImageConfiguration.Healthcheck?
    /// How to start it again.
    package var directories: [String] = []
    package var isVolatile = false
    package var needsCgroup = false
    package var mayLackCgroup = false

    // MARK: What has become of it

    /// Whether all of it was made: whoever starts it and is killed leaves it as it was.
    package var isMade = false
    /// Whether a keeper runs it, and not the command that made it.
    package var isDetached = false
    /// Whether somebody wanted it to end.
    package var isStopped = false
    /// Whether it waits for its next run.
    package var isRestarting = false
    /// Whether its keeper was told to end, as all processes are when a host goes down: it runs again as soon as its policy lets it.
    package var isInterrupted = false
    package var restarts: Int64 = 0
    /// Milliseconds between its last end and the run that followed; 0: the next wait is the shortest.
    package var delay: Int64 = 0

    package init() {}
}

extension BackgroundRecord: JSONObject {
    package static var blank: BackgroundRecord { BackgroundRecord() }

    package mutating func visit(_ members: inout some JSONMembers) throws(DocumentFault) {
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

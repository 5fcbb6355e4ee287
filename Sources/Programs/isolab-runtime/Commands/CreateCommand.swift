import Containers
import Linux

enum CreateCommand: Command {
    static let name = "create"
    static let summary = "create a container; `start` starts its program"
    static let usage = "<container-id>"
    static let options = LaunchOptions.creation
    static let entersContainers = true

    /// With a console, too: what an engine reads there it keeps as the container's.
    static func givesAwayStandardError(_ options: Options) -> Bool { true }

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        var request = try LaunchOptions.request(options, waitsForStart: true)
        request.systemd = context.systemd
        let runtime = try context.runtime(forHooksOf: request)
        OwnEnvironment.forget()
        if runtime.mayLackMemory(request) {
            try runtime.createElsewhere(request)
            return 0
        }
        _ = try runtime.create(request)
        // The container waits in memory it shares with this process: what it needs of it may not be torn down.
        WaitingChild.leave()
    }
}

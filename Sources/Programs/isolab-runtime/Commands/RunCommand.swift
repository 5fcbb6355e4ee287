import Containers
import Glibc
import Linux
import OCI

enum RunCommand: Command {
    static let name = "run"
    static let summary = "create a container, run its program, remove it"
    static let usage = "<container-id>"
    static let options =
        LaunchOptions.creation + [
            OptionSpecification("detach", "d", help: "leave it running"),
            OptionSpecification("keep", help: "do not remove the container when it has ended"),
            LaunchOptions.noSubreaper,
        ]
    static let entersContainers = true

    static func givesAwayStandardError(_ options: Options) -> Bool { options.flag("detach") }

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        var request = try LaunchOptions.request(options, waitsForStart: false)
        request.systemd = context.systemd
        let runtime = try context.runtime(forHooksOf: request)
        let detached = options.flag("detach")
        let wantsTerminal = request.bundle.configuration.process?.terminal == true
        let terminal = wantsTerminal && !detached && request.consoleSocket == nil ? try ForegroundTerminal() : nil
        request.consoleDescriptor = terminal?.childEnd
        if terminal != nil { request.consoleSize = ForegroundTerminal.callersSize() }
        let signals = detached ? -1 : try Foreground.holdSignals()
        OwnEnvironment.forget()
        let process = try runtime.run(request, keepsFailed: options.flag("keep"))
        do {
            if detached {
                fflush(nil)
                _exit(0)
            }
            let status = try Foreground(terminal: try terminal?.relay()).wait(for: process, signals: signals)
            if !options.flag("keep") { try runtime.delete(request.id) }
            return status
        } catch {
            if !options.flag("keep") { try? runtime.delete(request.id, force: true) }
            throw error
        }
    }
}

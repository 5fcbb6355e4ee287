import Containers
import Glibc
import Linux
import OCI

enum SpecCommand: Command {
    static let name = "spec"
    static let summary = "write a config.json to start from"
    static let usage = ""
    static let options = [
        LaunchOptions.bundle,
        OptionSpecification("rootless", help: "for an ordinary user"),
    ]

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 0)
        let path = (options.value("bundle") ?? ".") + "/config.json"
        let configuration =
            options.flag("rootless")
            ? RuntimeConfiguration.rootlessStarter(user: geteuid(), group: getegid()) : .starter()
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw SystemError("create", path, advice: errno == EEXIST ? "move the existing file away" : nil)
        }
        let file = OwnedDescriptor(owning: descriptor)
        do throws(SystemError) { try SystemFile.write(configuration.json() + [0x0A], to: file.number, path) } catch {
            // Half of one would be in the way of the next try.
            unlink(path)
            throw error
        }
        return 0
    }
}

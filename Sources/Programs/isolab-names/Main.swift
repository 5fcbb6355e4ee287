import Glibc
import Linux
import Networks

/// The server of names of one data directory's networks: `isolab-names NETWORKS SOCKET`, with that socket as its standard input.
///
/// Commands hand it sockets of containers' sandboxes, at which these ask; it ends by itself.
@main
enum Names {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            _ = "isolab-names: is started by isolab\n".utf8CString.withUnsafeBytes {
                write(2, $0.baseAddress, $0.count - 1)
            }
            exit(2)
        }
        BrokenPipes.block()
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(7), &limit) == 0 {
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(7), &limit)
        }
        let server = NameServer(NetworkStore(path: arguments[1]), socketPath: arguments[2])
        server.run()
    }
}

import Containers
import Glibc
import Linux

// An OCI runtime, as engines call one: global options, a command, its options and arguments. Exit status 0, or 1 with a
// message on standard error and in the log; `run` and `exec` answer with the status of what they ran.

signal(SIGPIPE, SIG_IGN)
signal(SIGCHLD, SIG_DFL)  // where the caller ignores it, the kernel keeps nobody's exit status
// What is made in a container is what its configuration says, not what the caller's shell takes off.
umask(0o022)
let status = Program.main(CommandLine.arguments)
let problem = StandardOutput.finish()
if let problem {
    try? SystemFile.write(Array("isolab-runtime: \(problem)\n".utf8), to: STDERR_FILENO, "standard error")
}
fflush(nil)
// Whatever else would be undone at the end, the kernel undoes.
_exit(status == 0 && problem != nil ? 1 : status)

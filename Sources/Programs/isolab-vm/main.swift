// isolab-vm: drives guests through libvirt for isolab. The only program that links libvirt.
//
//     isolab-vm --embedded ROOT    libvirt's embedded driver in a directory that is there, with its configuration; isolab starts it
//                                  as the first process of namespaces of its own, and as nobody to the host
//     isolab-vm --connect URI      any other libvirt
//
// One JSON message a line: requests on standard input, answers and events on standard output (Machines/Driver). When its
// input ends, it ends what it started and goes.

import Glibc
import Machines

signal(SIGPIPE, SIG_IGN)
signal(SIGCHLD, SIG_DFL)  // where the caller ignores it, the kernel keeps nobody's exit status
signal(SIGINT, SIG_IGN)  // whoever started it decides what an interrupt means

var arguments = CommandLine.arguments.dropFirst()
let target: Connection.Target
switch (arguments.popFirst(), arguments.popFirst(), arguments.isEmpty) {
case ("--connect", .some(let uri), true): target = .uri(uri)
case ("--embedded", .some(let root), true): target = .embedded(EmbeddedRoot(existing: root))
default:
    let usage = "usage: isolab-vm --embedded ROOT | --connect URI\n"
    write(2, usage, usage.utf8.count)
    exit(2)
}
exit(Server.run(target))

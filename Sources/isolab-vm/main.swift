// isolab-vm: drives guests through libvirt for isolab. The only program that links libvirt.
//
//     isolab-vm --state DIRECTORY [CAPABILITIES]    libvirt's embedded driver, its root below the state directory; what it
//                                                   learns of the emulators is kept in the directory CAPABILITIES
//     isolab-vm --connect URI                       any other libvirt
//
// One JSON message a line: requests on standard input, answers and events on standard output (Machines/Driver). When its
// input ends, it ends what it started and goes.

import Glibc
import Machines

signal(SIGPIPE, SIG_IGN)
signal(SIGINT, SIG_IGN)  // whoever started it decides what an interrupt means

var arguments = CommandLine.arguments.dropFirst()
let target: Connection.Target
switch (arguments.popFirst(), arguments.popFirst(), arguments.popFirst(), arguments.isEmpty) {
case ("--connect", .some(let uri), nil, true): target = .uri(uri)
case ("--state", .some(let directory), let capabilities, true):
    target = .embedded(StateDirectory(root: directory), capabilities: capabilities)
default:
    let usage = "usage: isolab-vm --state DIRECTORY [CAPABILITIES] | --connect URI\n"
    write(2, usage, usage.utf8.count)
    exit(2)
}
exit(Server.run(target))

internal import Linux

/// Guests that a killed isolab left with a libvirt daemon: ended by that daemon, whose QEMU no ordinary user may kill.
///
/// The daemon ends them by itself when the connection breaks (`VIR_DOMAIN_START_AUTODESTROY`); one that was itself restarted
/// meanwhile forgot to.
enum ForeignLeftovers {
    /// In a driver's directory: the URI its guests were started through.
    private static let record = "connection"

    static func note(_ uri: String, in directory: String) throws(SystemError) {
        try WholeFile.replace("\(directory)/\(record)", with: Array(uri.utf8), mode: 0o600)
    }

    /// Asks the daemons of dead drivers to end what is left.
    ///
    /// A daemon that does not answer is left alone; the records stay for as long as a guest runs.
    static func release(roots: [String], in stateDirectory: StateDirectory, program: String) -> [GuestLeftovers
        .Released]
    {
        var result: [GuestLeftovers.Released] = []
        for root in roots {
            guard let uri = try? SystemFile.read("\(root)/\(record)"), !uri.isEmpty,
                let connection = try? DriverConnection(
                    program: program, connect: uri, stateDirectory: stateDirectory, log: "\(root)/isolab-vm.log")
            else { continue }
            let request = DriverRequest(id: 0, command: .clean, name: DaemonDirectory.path(recordedIn: root))
            let names = (try? connection.ask(request).names) ?? []
            result += names.map { GuestLeftovers.Released(kind: .guest($0), root: root) }
            connection.close()
        }
        return result
    }
}

/// QEMU's command line as libvirt prints it, made to run on its own.
enum EmulatorArguments {
    /// Drops the environment in front, the monitor, the start in the paused state, libvirt's key, and `-no-shutdown`, with
    /// which QEMU would wait for a monitor at the guest's end; a reset ends the guest, as `on_reboot` says in the XML.
    static func withoutLibvirt(_ words: [String]) -> [String] {
        var result: [String] = []
        // NAME=value words stand before the program, which begins with a slash.
        var rest = words.drop { !$0.hasPrefix("/") }[...]
        if let program = rest.popFirst() { result.append(program) }
        while let word = rest.popFirst() {
            switch word {
            case "-S", "-no-shutdown":
                continue
            case "-mon", "-chardev", "-object":
                guard let value = rest.popFirst() else { continue }
                let isLibvirts =
                    word == "-mon" || value.contains("id=charmonitor") || value.contains("\"masterKey0\"")
                if !isLibvirts { result += [word, value] }
            default:
                result.append(word)
            }
        }
        if !result.isEmpty { result.append("-no-reboot") }
        return result
    }
}

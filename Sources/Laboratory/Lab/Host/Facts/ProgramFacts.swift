import RunRecord

/// Versions of QEMU, libvirt, libseccomp and the peers.
enum ProgramFacts {
    /// A runtime that isolab compares itself with, as its package and its program are called.
    static let peers: [(program: String, package: String)] = [
        ("crun", "crun"), ("runc", "runc"), ("runsc", "runsc"), ("bwrap", "bubblewrap"),
    ]

    static func read(_ host: HostSource) -> [Fact] {
        var facts = [
            Fact.known("QEMU", version(host, "qemu-system-x86_64"), decisive: true),
            .known("libvirt", libvirt(host), decisive: true),
            .known("libseccomp", library(host, "libseccomp.so.2")),
            .known("C library", host.output(["getconf", "GNU_LIBC_VERSION"])),
        ]
        for peer in peers { facts.append(.known(peer.program, version(host, peer.program), decisive: true)) }
        return facts
    }

    static func version(_ host: HostSource, _ program: String) -> String? { answer(host, program).text }

    /// A program's version: the first word of what it says of it that looks like one; the whole first line where none does.
    static func answer(_ host: HostSource, _ program: String) -> ProgramAnswer {
        let answer = host.ask([program, "--version"])
        guard let text = answer.text else { return answer }
        guard let line = text.split(separator: "\n").first else { return .failed("it says no version") }
        let word = line.split { $0 == " " || $0 == "," }.first { word in
            let digits = word.drop { !$0.isNumber }
            return digits.first?.isNumber == true && word.contains(where: { $0 == "." || $0 == "-" })
        }
        return .said(word.map(String.init) ?? String(line))
    }

    /// libvirt packs its version into the library's name: 0.9000.0 is 9.0.0 (libvirt's configuration of `soversion`).
    private static func libvirt(_ host: HostSource) -> String? {
        guard let version = library(host, "libvirt.so.0") else { return nil }
        let parts = version.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 3 else { return version }
        return "\(parts[1] / 1000).\(parts[1] % 1000).\(parts[2])"
    }

    /// A library's version, from the file that its name for programs links to. Nothing is loaded for it.
    static func library(_ host: HostSource, _ name: String) -> String? {
        let stem = name.prefix { $0 != "." } + ".so."
        for directory in ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"] {
            if let file = host.link("\(directory)/\(name)")?.split(separator: "/").last, file.hasPrefix(stem) {
                return String(file.dropFirst(stem.count))
            }
        }
        return nil
    }
}

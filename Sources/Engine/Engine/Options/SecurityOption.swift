import Linux

/// `--security-opt`: what is left out of, or added to, the protections of a container.
package enum SecurityOption: Equatable, Sendable {
    /// A profile of one's own, a file in Docker's or the OCI's form.
    case seccompFile(String)
    case seccompUnconfined
    case noNewPrivileges(Bool)
    case apparmor(String)
    case unmask([String])
    case mask([String])
    /// No label of SELinux's: as it always is.
    case labelDisabled

    package init(_ option: String, _ text: String) throws(OptionError) {
        func fail(_ problem: String) -> OptionError { OptionError(option, text, problem) }
        let place = text.utf8.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
        let name = place.map { String(text[..<$0]) } ?? text
        let value = place.map { String(text[text.utf8.index(after: $0)...]) }
        switch (name, value) {
        case ("no-new-privileges", nil), ("no-new-privileges", "true"): self = .noNewPrivileges(true)
        case ("no-new-privileges", "false"): self = .noNewPrivileges(false)
        case ("no-new-privileges", _): throw fail("takes true or false")
        case ("seccomp", "unconfined"): self = .seccompUnconfined
        case ("seccomp", let file?) where !file.isEmpty: self = .seccompFile(file)
        case ("seccomp", _): throw fail("takes seccomp=FILE or seccomp=unconfined")
        case ("apparmor", let profile?) where !profile.isEmpty: self = .apparmor(profile)
        case ("apparmor", _): throw fail("takes apparmor=PROFILE or apparmor=unconfined")
        case ("label", "disable"): self = .labelDisabled
        case ("label", _):
            throw fail("SELinux labels are not set by isolab; the container runs with the label of the caller")
        case ("systempaths", "unconfined"): self = .unmask([])
        case ("mask", let paths?), ("unmask", let paths?):
            let list = paths.parts(between: ":").map(String.init)
            guard !list.isEmpty, list.allSatisfy({ $0.starts("/") || (name == "unmask" && $0 == "ALL") }) else {
                throw fail("takes absolute paths separated by ':'" + (name == "unmask" ? ", or ALL" : ""))
            }
            self = name == "mask" ? .mask(list) : .unmask(list == ["ALL"] ? [] : list)
        default:
            throw fail("is not one of seccomp=, no-new-privileges, apparmor=, mask=, unmask=, systempaths=unconfined")
        }
    }
}

/// `--cap-add` and `--cap-drop`: one capability, or all of them.
package enum CapabilityChange: Equatable, Sendable {
    case all
    /// With its prefix: `CAP_NET_ADMIN`.
    case one(String)

    package init(_ option: String, _ text: String) throws(OptionError) {
        let upper = text.uppercased()
        if upper == "ALL" {
            self = .all
            return
        }
        guard let name = CapabilityNames.full(upper) else {
            throw OptionError(option, text, "is neither a capability, such as NET_ADMIN, nor ALL")
        }
        self = .one(name)
    }

    /// The set of a container: Docker's order of doing it, in which `ALL` of one list leaves the other to say what is not.
    static func apply(add: [CapabilityChange], drop: [CapabilityChange], to base: [String]) -> [String] {
        func names(_ changes: [CapabilityChange]) -> Set<String> {
            Set(
                changes.compactMap {
                    guard case .one(let name) = $0 else { return nil }
                    return name
                })
        }
        let (added, dropped) = (names(add), names(drop))
        if add.contains(.all) { return CapabilityNames.all.filter { !dropped.contains($0) } }
        if drop.contains(.all) { return CapabilityNames.all.filter { added.contains($0) } }
        let kept = base.filter { !dropped.contains($0) }
        return kept + CapabilityNames.all.filter { added.contains($0) && !dropped.contains($0) && !kept.contains($0) }
    }
}

import RunRecord

/// A plain process that claims to be a container: the lane that shows that such a one is refused.
///
/// It stands for every runtime that says it isolates and does not. Its samples are launched, observed and recorded like all
/// others, and none may ever be admitted.
final class PretenderLane: Lane {
    let entry: LaneEntry
    private let laboratory: Laboratory
    private let native: NativeLane
    /// Claims no more than a process can lie about: its namespaces and its filter.
    private let lies: Bool

    init(_ entry: LaneEntry, _ laboratory: Laboratory, lies: Bool = false) {
        self.entry = entry
        self.lies = lies
        self.laboratory = laboratory
        native = NativeLane(entry, laboratory)
    }

    func availability() -> Availability { .yes }

    func prepare() throws -> LaneRecord { try native.prepare() }

    /// What the lane `container` declares.
    private(set) lazy var declared: DeclaredIsolation? = {
        let configuration = ContainerConfiguration.make(
            .init(), arguments: ["/\(Image.workloadName)"], rootPath: laboratory.image.rootfs, cgroupPath: nil)
        guard let harness = laboratory.harness else { return nil }
        let container = DeclaredIsolation(configuration, harness)
        guard lies else { return container }
        var claimed = DeclaredIsolation.plainProcess(harness)
        claimed.ownNamespaces = container.ownNamespaces
        claimed.isFiltered = container.isFiltered
        claimed.refusedCalls = container.refusedCalls
        return claimed
    }()

    func launch(_ request: LaunchRequest) throws -> any Sandbox { try native.launch(request) }

    func close() { native.close() }
}

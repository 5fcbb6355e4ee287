/// Containers that another runtime still holds for a run that is gone.
enum PeerLeftovers {
    static func release(scratch: String) -> [String] { [] }
}

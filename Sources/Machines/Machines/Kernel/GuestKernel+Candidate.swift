private import Glibc

extension GuestKernel {
    /// The image that `find` would take without fetching one, without reading it; `nil` where it would have to fetch.
    package static func candidate(given: String? = nil, cache: Cache = Cache()) -> (path: String, origin: Origin)? {
        if let given { return access(given, R_OK) == 0 ? (given, .given) : nil }
        if let fetched = KernelPackage.newestFetched(cache: cache) { return (fetched, .package) }
        let own = "/boot/vmlinuz-" + hostRelease()
        return access(own, R_OK) == 0 ? (own, .host) : nil
    }

    /// The packages that `find` asks the package manager for, the first that exists being taken.
    package static var packages: [String] { KernelPackage.metapackages }
}

import CWorkload

@_cdecl("isolab_workload_main")
public func workloadMain(_ count: Int32, _ arguments: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    0
}

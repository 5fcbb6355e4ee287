print("isolab")

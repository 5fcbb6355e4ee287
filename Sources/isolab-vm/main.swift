print("isolab-vm")

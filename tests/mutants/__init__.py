"""The tests are tested: small defects are put into the code of money and access, and some test must fail of each."""

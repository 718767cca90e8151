"""Reports that units send up: their figures frozen, laid out by Decree 30/2020/NĐ-CP."""

"""Files of a report: Word, PDF and Excel, in the form of Decree 30/2020/NĐ-CP."""

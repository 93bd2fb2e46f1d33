use orm_core::prelude::*;

#[derive(DeclarativeBase)]
pub struct Db;

#[derive(ColumnType, Clone)]
pub struct Sixteen {
    pub flag_0: bool,
    pub flag_1: bool,
    pub flag_2: bool,
    pub flag_3: bool,
    pub flag_4: bool,
    pub flag_5: bool,
    pub flag_6: bool,
    pub flag_7: bool,
    pub flag_8: bool,
    pub flag_9: bool,
    pub flag_10: bool,
    pub flag_11: bool,
    pub flag_12: bool,
    pub flag_13: bool,
    pub flag_14: bool,
    pub flag_15: bool,
}

#[derive(Model, Clone)]
#[model(base = Db)]
pub struct Note {
    //~^ ERROR `Note` has more than 256 columns
    #[column(primary_key)]
    pub id: Id<Note>,
    #[column(embed)]
    pub part_0: Sixteen,
    #[column(embed)]
    pub part_1: Sixteen,
    #[column(embed)]
    pub part_2: Sixteen,
    #[column(embed)]
    pub part_3: Sixteen,
    #[column(embed)]
    pub part_4: Sixteen,
    #[column(embed)]
    pub part_5: Sixteen,
    #[column(embed)]
    pub part_6: Sixteen,
    #[column(embed)]
    pub part_7: Sixteen,
    #[column(embed)]
    pub part_8: Sixteen,
    #[column(embed)]
    pub part_9: Sixteen,
    #[column(embed)]
    pub part_10: Sixteen,
    #[column(embed)]
    pub part_11: Sixteen,
    #[column(embed)]
    pub part_12: Sixteen,
    #[column(embed)]
    pub part_13: Sixteen,
    #[column(embed)]
    pub part_14: Sixteen,
    #[column(embed)]
    pub part_15: Sixteen,
}

fn main() {}
